"""Names that mean one drawing of a thing, or some, and not any: a poodle is no labrador.

This is data; training/phrases.py reads it.
"""

MEN = (
    "man, boy, guy, gentleman, young man, old man, young boy, father, dad, grandfather, grandpa, businessman"
)
DRAWN = {  # thing -> names of each of its drawings, where a name means one of them and not any
    "cat": ("tabby, tabby cat, persian cat, siamese cat, maine coon, ginger cat, british shorthair",
    "panther"),
    "dog": (
        "labrador, golden retriever, retriever, beagle, corgi, dachshund, terrier, bulldog, shiba inu, "
        "shiba, chihuahua, spaniel, collie, greyhound, samoyed, border collie, pug, black labrador, hound, "
        "sheepdog, mutt", "poodle", "german shepherd, service dog, guide dog",
    ),
    "fish": (
        "tropical fish, clownfish, clown fish, angelfish", "salmon, trout, tuna, carp, koi, goldfish",
        "blowfish, pufferfish, puffer fish",
    ),
    "camel": ("dromedary, llama, alpaca", "bactrian camel, two humped camel"),
    "chick": ("", "", "hatching chick, hatchling"),
    "sheep": ("ewe, lamb", "ram"),
    "cow": ("dairy cow, calf", "bull, ox, buffalo, bison, yak"),
    "mouse": ("hamster, gerbil", "rat"),
    "dinosaur": (
        "brontosaurus, brachiosaurus, diplodocus, sauropod", "t rex, tyrannosaurus, tyrannosaurus rex",
    ),
    "bread": ("loaf, loaf of bread, bread loaf, toast, slice of bread, slice of toast", "baguette"),
    "cake": (
        "birthday cake, wedding cake, layer cake, gateau, fruit cake",
        "cheesecake, shortcake, slice of cake, piece of cake",
    ),
    "ice cream": (
        "ice cream cone, soft serve, soft ice cream, frozen yogurt", "sundae, bowl of ice cream",
    ),
    "mushroom": ("toadstool, fly agaric", "brown mushroom, champignon"),
    "leaf": ("maple leaf", "fallen leaf, fall leaf"),
    "clover": ("four leaf clover, four leafed clover", "shamrock"),
    "car": (
        "sedan, hatchback, limousine, convertible, classic car, vintage car, old timer, toy car",
        "jeep, suv", "", "sports car, race car, racing car",
    ),
    "bus": ("school bus, coach, city bus, tour bus", "", "trolleybus, trolley bus", "minibus"),
    "truck": (
        "delivery truck, van, delivery van, food truck, moving van, camper van",
        "lorry, semi truck, dump truck", "pickup, pickup truck",
    ),
    "train": (
        "locomotive, steam train, steam engine, steam locomotive, railway engine, toy train",
        "high speed train, bullet train", "tram, streetcar",
    ),
    "airplane": (
        "airliner, passenger plane, jet, jet plane, fighter jet",
        "biplane, propeller plane, small plane, light aircraft",
    ),
    "ship": (
        "cruise ship, ocean liner, passenger ship, liner, tanker, cargo ship, steamboat, steamship", "ferry",
        "motorboat, motor boat, speedboat",
    ),
    "motorcycle": ("motorcycle, motorbike, motor bike", "scooter, moped, vespa, motor scooter"),
    "house": (
        "log cabin, cabin, dog house, doghouse, barn, red barn, dollhouse, gingerbread house",
        "farmhouse, farm house, country house",
    ),
    "castle": (
        "palace, fortress, citadel, tower, fairytale castle, fairy tale castle, fort, medieval castle, "
        "haunted castle, sandcastle, sand castle, lighthouse", "japanese castle, pagoda",
    ),
    "clock": ("mantel clock, mantelpiece clock, wall clock, grandfather clock", "alarm clock"),
    "phone": (
        "smartphone, mobile phone, cell phone, cellphone, iphone, mobile, smart phone, tablet",
        "telephone, rotary phone, old phone",
    ),
    "book": ("closed book, notebook, diary, journal, hardback", "open book"),
    "key": ("car key, house key", "old key, antique key"),
    "glass": (
        "glass, wine glass, glass of wine, wineglass, wine, goblet, red wine, glass of red wine, "
        "drinking glass, glass of water, beer, glass of beer",
        "cocktail, cocktail glass, martini, martini glass",
    ),
    "camera": ("film camera", "camera flash"),
    "envelope": ("mail, e mail, email", "love letter"),
    "hat": (
        "top hat, bowler hat", "straw hat, sun hat, bonnet, bow hat, fedora, cowboy hat",
        "cap, baseball cap, helmet, beanie, beret",
    ),
    "shirt": (
        "t shirt, tshirt, tee shirt, tee, polo shirt, jersey", "blouse, jumper, sweater, pullover",
        "tank top, vest, running shirt",
    ),
    "shoe": (
        "sneaker, trainer, running shoe, tennis shoe, sports shoe, pair of sneakers",
        "loafer, leather shoe, slipper", "high heel, high heeled shoe",
    ),
    "boot": ("hiking boot", "wellington, rain boot, cowboy boot"),
    "glasses": (
        "glasses, spectacles, eyeglasses, pair of glasses, reading glasses, specs",
        "sunglasses, pair of sunglasses",
    ),
    "handbag": (
        "handbag, hand bag, tote, tote bag, suitcase, briefcase", "purse, coin purse", "clutch bag, clutch",
    ),
    "drum": ("snare drum, drum kit, drum set, tambourine", "bongo, djembe, conga"),
    "sun": ("", "smiling sun"),
    "moon": ("crescent, crescent moon, half moon", "full moon"),
    "planet": (
        "saturn, ringed planet, gas giant, jupiter, mars, alien planet", "earth, planet earth, globe",
    ),
    "firefighter": (
        "fireman, fire man", "firewoman, female firefighter", "fireman, fire man, male firefighter",
    ),
    "police officer": (
        "policeman", "policewoman, female police officer", "policeman, male police officer",
    ),
    "doctor": (
        f"male doctor, {MEN}", "female doctor, woman doctor, woman, girl, lady, young woman, old woman, "
        "young girl, mother, mom, grandmother, grandma, businesswoman", f"male doctor, {MEN}",
    ),
    "farmer": ("scarecrow, male farmer", "female farmer", "male farmer"),
    "cook": ("male cook, male chef", "female cook, female chef", "male cook, male chef"),
    "astronaut": (
        "spaceman, space man, male astronaut", "spacewoman, female astronaut",
        "spaceman, space man, male astronaut",
    ),
    "artist": ("male artist", "female artist", "male artist"),
    "construction worker": (
        "male construction worker", "female construction worker", "male construction worker",
    ),
}  # fmt: skip

EMOJI_DRAWN = {  # thing -> emoji that show each of its drawings
    "dog": ("🐕", "🐩", "🦮"), "fish": ("🐠", "🐟", "🐡"), "whale": ("🐳", "🐋"), "camel": ("🐪", "🐫"),
    "chick": ("🐤", "🐥", "🐣"), "sheep": ("🐑", "🐏"), "cow": ("🐄", "🐂"), "mouse": ("🐁", "🐀"),
    "dinosaur": ("🦕", "🦖"), "bread": ("🍞", "🥖"), "cake": ("🎂", "🍰"), "ice cream": ("🍦", "🍨"),
    "leaf": ("🍁", "🍂"), "clover": ("🍀", "☘"), "car": ("🚗", "🚙", "", "🏎"), "bus": ("🚌", "🚍", "🚎"),
    "taxi": ("🚕", "🚖"), "police car": ("🚓", "🚔"), "truck": ("🚚", "🚛", "🛻"), "train": ("🚂", "🚄"),
    "airplane": ("✈", "🛩"), "ship": ("🛳", "⛴"), "motorcycle": ("🏍", "🛵"), "house": ("🏠", "🏡"),
    "castle": ("🏰", "🏯"), "clock": ("🕰", "⏰"), "phone": ("📱", "☎📞"), "book": ("📘📕📗📙", "📖"),
    "key": ("🔑", "🗝"), "glass": ("🍷", "🍸"), "camera": ("📷", "📸"), "envelope": ("✉", "💌"),
    "hat": ("🎩", "👒", "🧢"), "shirt": ("👕", "👚"), "shoe": ("👟", "👞", "👠"), "boot": ("🥾", "👢"),
    "glasses": ("👓", "🕶"), "handbag": ("👜", "👛"), "star": ("⭐", "🌟"), "sun": ("☀", "🌞"),
    "moon": ("🌙", "🌕"), "snowman": ("☃", "⛄"), "heart": ("❤", "💖"),
}  # fmt: skip
