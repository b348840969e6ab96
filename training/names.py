"""What people call the things that the model knows, and how the names become plurals.

This is data; training/phrases.py reads it. A word in brackets before a name comes along with it. "~"
stands before what a thing is only the nearest to: who asks for a leopard is told that a tiger was painted.
"""

THINGS = {  # thing -> what else it is called
    "sign": "board, placard, signboard, signpost, billboard, banner, notice board, chalkboard, blackboard, "
    "road sign, street sign, wooden sign, shop sign, plaque",
    "poster": "movie poster, film poster, travel poster, concert poster, flyer, leaflet",
    "card": "greeting card, birthday card, postcard, christmas card, invitation, business card, "
    "invitation card, thank you card, valentine card, valentine's card, "
    "valentine's day card",
    "bubble": "speech bubble, speech balloon, thought bubble, word balloon",
    "label": "price tag, tag, sticker, name tag, luggage tag",
    "cat": "kitten, kitty, tabby, tabby cat, house cat, housecat, persian cat, siamese cat, feline, tomcat, "
    "~[black] panther, [orange] ginger cat, [grey] british shorthair, maine coon",
    "dog": "puppy, pup, hound, doggy, labrador, golden retriever, retriever, poodle, beagle, corgi, "
    "dachshund, terrier, bulldog, german shepherd, shiba inu, shiba, canine, chihuahua, spaniel, collie, "
    "greyhound, [white] samoyed, mutt, sheepdog, border collie, pug, [black] black labrador, service dog, "
    "guide dog",
    "rabbit": "bunny, hare, bunny rabbit, easter bunny",
    "elephant": "african elephant, baby elephant, ~mammoth, ~woolly mammoth",
    "horse": "pony, stallion, mare, foal, racehorse, colt, mustang horse, ~donkey, ~mule",
    "pig": "piglet, hog, boar, sow, wild boar, piggy",
    "owl": "barn owl, [white] snowy owl, night owl",
    "penguin": "emperor penguin",
    "duck": "duckling, mallard, rubber duck, [yellow] rubber ducky",
    "fish": "tropical fish, [orange] goldfish, clownfish, clown fish, salmon, trout, tuna, carp, koi, "
    "angelfish, blowfish, pufferfish, puffer fish",
    "butterfly": "monarch butterfly, ~moth",
    "turtle": "tortoise, sea turtle, terrapin",
    "teddy bear": "teddy, ~bear, ~bear cub, plush bear, stuffed bear, toy bear, ~[brown] brown bear, "
    "~[brown] grizzly bear, ~[brown] grizzly, ~[white] polar bear, ~[black] black bear, stuffed animal, "
    "plush toy",
    "lion": "lioness, lion cub", "tiger": "tigress, tiger cub, bengal tiger, ~leopard, ~cheetah, ~jaguar",
    "cow": "calf, bull, ox, dairy cow, cattle, ~buffalo, ~bison, ~yak", "sheep": "lamb, ewe, ram",
    "goat": "billy goat, mountain goat, kid goat", "fox": "vixen, fox cub, red fox, [white] arctic fox",
    "wolf": "~coyote, ~jackal, ~werewolf", "mouse": "rat, ~hamster, ~gerbil",
    "monkey": "~ape, ~chimpanzee, ~chimp, ~gorilla, baboon, ~orangutan", "giraffe": "", "zebra": "",
    "hippo": "hippopotamus, ~rhino, ~rhinoceros",
    "camel": "dromedary, bactrian camel, two humped camel, ~llama, ~alpaca", "kangaroo": "wallaby",
    "panda": "panda bear, giant panda", "koala": "koala bear", "frog": "toad, tree frog, bullfrog",
    "snake": "serpent, python, cobra, viper, rattlesnake", "crocodile": "alligator, croc, gator",
    "whale": "blue whale, humpback whale, sperm whale", "dolphin": "porpoise, ~orca, ~killer whale",
    "shark": "great white shark, hammerhead shark", "octopus": "~squid, kraken, ~jellyfish",
    "crab": "~lobster, ~crayfish", "snail": "~slug", "bee": "honeybee, honey bee, bumblebee, bumble bee, "
    "~wasp",
    "ladybug": "ladybird, lady beetle, ~beetle, lady bug", "spider": "tarantula",
    "rooster": "cockerel, chicken, hen, ~turkey, [red] red rooster",
    "chick": "baby chick, baby bird, hatching chick, hatchling",
    "swan": "cygnet, ~goose, ~gosling, ~heron, ~stork, ~crane bird",
    "eagle": "hawk, falcon, ~vulture, bald eagle, osprey, ~[black] raven, ~[black] crow, ~[white] seagull, "
    "~[white] gull, bird of prey",
    "parrot": "bird, ~songbird, macaw, cockatoo, parakeet, budgie, ~toucan, ~[yellow] canary, ~hummingbird, "
    "~robin, ~sparrow, ~finch, ~[blue] bluebird, ~[white] dove, ~[grey] pigeon",
    "peacock": "peahen", "flamingo": "", "bat": "vampire bat", "hedgehog": "~porcupine, ~echidna",
    "squirrel": "chipmunk", "deer": "stag, doe, fawn, reindeer, ~antelope, ~gazelle, moose, elk",
    "dinosaur": "dino, brontosaurus, brachiosaurus, diplodocus, sauropod, t rex, tyrannosaurus, "
    "tyrannosaurus rex", "dragon": "chinese dragon, wyvern",
    "unicorn": "~pegasus",
    "apple": "~fruit, [red] red delicious apple, [green] granny smith apple, [green] granny smith",
    "banana": "~plantain", "strawberry": "~raspberry, ~berry",
    "lemon": "~lime fruit, citrus", "pear": "", "carrot": "~vegetable", "mushroom": "toadstool, fungus, "
    "fly agaric, brown mushroom, champignon",
    "cake": "birthday cake, ~pie, ~tart, cheesecake, wedding cake, gateau, layer cake, ~apple pie, ~pudding, "
    "fruit cake, shortcake, slice of cake, piece of cake",
    "tangerine": "orange fruit, mandarin, clementine, satsuma, ~grapefruit, citrus fruit",
    "grapes": "grape, bunch of grapes",
    "cherries": "cherry, pair of cherries", "watermelon": "watermelon slice, slice of watermelon, melon",
    "pineapple": "", "peach": "nectarine, ~apricot, ~plum, ~mango", "tomato": "cherry tomato, ~bell pepper",
    "potato": "sweet potato, spud", "corn": "maize, corn cob, corn on the cob, ear of corn, sweetcorn",
    "broccoli": "~cauliflower, ~cabbage, ~lettuce",
    "pumpkin": "jack o lantern, squash, halloween pumpkin, carved pumpkin",
    "bread": "loaf, loaf of bread, bread loaf, toast, slice of bread, baguette, bun, slice of toast",
    "cheese": "wedge of cheese, piece of cheese, cheese wedge, slice of cheese, swiss cheese, cheddar",
    "egg": "boiled egg, chicken egg, [white] white egg, easter egg",
    "pizza": "pizza slice, slice of pizza, pepperoni pizza",
    "hamburger": "burger, cheeseburger, beefburger, veggie burger, ~sandwich",
    "hot dog": "hotdog, frankfurter, sausage", "fries": "french fries, chips, french fry, portion of fries",
    "ice cream": "ice cream cone, soft serve, gelato, frozen yogurt, sundae, icecream, soft ice cream, "
    "bowl of ice cream",
    "donut": "doughnut, ~bagel", "cookie": "biscuit, ~cracker, chocolate chip cookie",
    "chocolate": "chocolate bar, candy bar, bar of chocolate, box of chocolates",
    "coffee": "cup of coffee, coffee cup, mug, "
    "cup, tea, cup of tea, teacup, tea cup, coffee mug, mug of coffee, hot chocolate, cocoa, cappuccino, "
    "espresso, latte, mug of tea, hot drink, hot beverage",
    "cupcake": "muffin, fairy cake", "avocado": "avocado half", "eggplant": "aubergine",
    "coconut": "coconut shell",
    "tree": "oak, oak tree, maple tree, apple tree, cherry tree, birch, birch tree, willow, willow tree, "
    "deciduous tree, ~bush, ~shrub, lemon tree, orange tree, banyan tree, elm, beech, olive tree, bonsai, "
    "[pink] cherry blossom tree, [pink] cherry blossom",
    "pine": "pine tree, fir, fir tree, evergreen, evergreen tree, spruce, conifer, christmas tree, "
    "xmas tree, cedar",
    "palm": "palm tree, coconut palm, coconut tree",
    "cactus": "saguaro, succulent", "sunflower": "~[white] daisy, ~dandelion, ~[yellow] yellow daisy",
    "tulip": "flower, blossom, wildflower, spring flower, ~[yellow] daffodil, ~[purple] crocus, ~poppy, "
    "~[red] red poppy, ~[white] lily, ~[purple] orchid, ~[purple] lavender, ~[purple] iris",
    "rose": "bouquet, bouquet of roses, [red] red rose, ~peony, ~carnation",
    "leaf": "maple leaf, autumn leaf, fallen leaf, fall leaf, ~[green] lily pad",
    "houseplant": "house plant, potted plant, plant, pot plant, flower pot, flowerpot, ~fern, indoor plant, "
    "bonsai tree",
    "clover": "four leaf clover, shamrock, four leafed clover",
    "car": "automobile, vehicle, sedan, hatchback, sports car, race car, racing car, vintage car, "
    "convertible, jeep, suv, toy car, motor car, limousine, classic car, old timer",
    "bus": "coach, school bus, double decker, double decker bus, minibus, city bus, tour bus, trolleybus, "
    "trolley bus",
    "tractor": "farm tractor, ~combine harvester, ~bulldozer, ~excavator, ~digger",
    "sailboat": "boat, sailing boat, sail boat, yacht, sailing ship, sailing yacht, ~dinghy, ~rowing boat, "
    "~rowboat, ~canoe, ~kayak, catamaran, ~fishing boat, ~pirate ship, ~galleon, ~gondola",
    "airplane": "plane, aeroplane, jet, aircraft, airliner, jet plane, passenger plane, biplane, "
    "fighter jet, propeller plane, small plane, light aircraft",
    "rocket": "spaceship, space ship, spacecraft, rocket ship, space shuttle, space rocket, starship, "
    "~missile",
    "taxi": "cab, taxicab, taxi cab, [yellow] yellow cab", "truck": "lorry, delivery truck, van, "
    "delivery van, pickup, pickup truck, dump truck, food truck, semi truck, camper van, moving van",
    "fire engine": "fire truck, firetruck", "ambulance": "", "police car": "patrol car, cop car, squad car",
    "train": "locomotive, steam train, steam engine, steam locomotive, railway engine, toy train, tram, "
    "streetcar, high speed train, bullet train",
    "bicycle": "bike, cycle, push bike, mountain bike, ~tricycle, road bike",
    "motorcycle": "motorbike, motor bike, scooter, moped, vespa, motor scooter", "helicopter": "chopper",
    "ship": "cruise ship, ocean liner, ferry, passenger ship, liner, steamboat, steamship, ~tanker, "
    "~cargo ship, motorboat, motor boat, speedboat",
    "ufo": "flying saucer, alien spaceship, alien ship, u f o", "house": "home, cottage, cabin, bungalow, "
    "villa, farmhouse, mansion, building, log cabin, country house, ~barn, ~[red] red barn, farm house, "
    "~dog house, ~doghouse, ~tree house, ~treehouse, ~dollhouse, ~gingerbread house",
    "castle": "palace, fortress, citadel, ~tower, fairytale castle, fairy tale castle, fort, "
    "medieval castle, "
    "haunted castle, ~lighthouse, ~sandcastle, ~sand castle, japanese castle, pagoda",
    "church": "chapel, cathedral, abbey, ~temple", "tent": "camping tent, wigwam, tipi, teepee",
    "school": "schoolhouse, school building, ~hospital, ~university, ~museum, ~town hall, ~hotel",
    "factory": "power plant, industrial plant, ~warehouse, power station, ~mill",
    "hut": "shack, shed, yurt, round hut, straw hut, mud hut, ~igloo", "ferris wheel": "big wheel, "
    "observation wheel",
    "fountain": "water fountain",
    "chair": "seat, stool, wooden chair, dining chair, kitchen chair, rocking chair, ~bench, ~throne",
    "bed": "double bed, single bed, cot", "sofa": "couch, settee, ~armchair, loveseat, ~arm chair, "
    "~easy chair",
    "door": "doorway, front door, wooden door, ~gate", "light bulb": "lightbulb, bulb, ~lamp, ~lantern, "
    "~desk lamp, ~street lamp, ~table lamp, ~lamppost",
    "candle": "burning candle, lit candle, candlestick", "clock": "mantel clock, mantelpiece clock, "
    "alarm clock, wall clock, grandfather clock, ~watch, ~wristwatch, ~pocket watch",
    "television": "tv, television set, tv set, telly, ~monitor, retro tv", "laptop": "computer, "
    "notebook computer, macbook, personal computer, pc",
    "phone": "smartphone, mobile phone, cell phone, cellphone, telephone, iphone, mobile, smart phone, "
    "~tablet, rotary phone, old phone",
    "camera": "photo camera, film camera, digital camera, polaroid camera, camera flash",
    "book": "notebook, novel, textbook, diary, journal, old book, closed book, hardback, dictionary, "
    "picture book, magazine, open book",
    "key": "door key, house key, car key, old key, antique key",
    "teapot": "tea pot, ~kettle, ~tea kettle, ~coffee pot, "
    "~jug, ~pitcher",
    "bottle": "wine bottle, champagne bottle, bottle of champagne, bottle of wine, champagne, "
    "glass bottle, ~flask",
    "glass": "wine glass, glass of wine, wineglass, wine, goblet, red wine, glass of red wine, "
    "drinking glass, ~juice, ~orange juice, ~apple juice, ~lemonade, ~milk, ~glass of juice, "
    "~glass of orange juice, ~glass of apple juice, ~glass of lemonade, ~glass of milk, cocktail, "
    "cocktail glass, martini, martini glass, glass of water, ~beer, ~glass of beer",
    "bucket": "pail, ~bin, ~trash can", "basket": "wicker basket, picnic basket, hamper, fruit basket, "
    "shopping basket",
    "umbrella": "parasol, brolly, beach umbrella", "envelope": "letter, love letter, mail, e mail, email",
    "gift": "present, gift box, birthday present, christmas present, wrapped gift, parcel, "
    "wrapped present, package",
    "balloon": "party balloon, birthday balloon, ~air balloon, ~hot air balloon, helium balloon",
    "hammer": "mallet, sledgehammer", "axe": "ax, hatchet, tomahawk", "wrench": "spanner, ~screwdriver, "
    "~pliers",
    "saw": "handsaw, hand saw, wood saw", "scissors": "scissor, pair of scissors, shears",
    "ladder": "step ladder, stepladder",
    "magnet": "horseshoe magnet", "telescope": "spyglass, ~binoculars, ~microscope", "pencil": "~crayon, "
    "~pen, "
    "coloured pencil, colored pencil, ~ballpoint pen",
    "paintbrush": "paint brush, brush", "hat": "top hat, cap, bowler hat, fedora, sun hat, straw hat, "
    "cowboy hat, party hat, wizard hat, baseball cap, beanie, ~helmet, beret, bonnet, santa hat, bow hat",
    "crown": "tiara, [yellow] golden crown, coronet, diadem", "shirt": "t shirt, tshirt, tee shirt, tee, "
    "blouse, jumper, sweater, pullover, hoodie, jersey, sweatshirt, ~jacket, ~coat, polo shirt, ~suit, "
    "tank top, vest, running shirt",
    "dress": "gown, ball gown, ~skirt, evening dress, wedding dress, summer dress, frock",
    "jeans": "trousers, pants, pair of jeans, pair of trousers, pair of pants, ~shorts, ~leggings",
    "shoe": "sneaker, trainer, running shoe, tennis shoe, ~sandal, slipper, sports shoe, high heel, "
    "high heeled shoe, loafer, leather shoe, "
    "pair of shoes, pair of sneakers, footwear",
    "boot": "hiking boot, wellington, cowboy boot, rain boot, pair of boots", "socks": "sock, stocking, "
    "pair of socks, christmas stocking",
    "gloves": "glove, mitten, pair of gloves, pair of mittens", "scarf": "shawl, neckerchief, woolen scarf",
    "glasses": "spectacles, eyeglasses, sunglasses, pair of glasses, reading glasses, pair of sunglasses, "
    "goggles, specs",
    "backpack": "rucksack, knapsack, schoolbag, school bag, satchel", "handbag": "purse, bag, tote, "
    "tote bag, ~suitcase, ~briefcase, clutch bag, clutch, coin purse, hand bag",
    "ring": "wedding ring, engagement ring, diamond ring, [yellow] gold ring, [yellow] golden ring",
    "guitar": "acoustic guitar, electric guitar, bass guitar, ~ukulele, ~banjo, ~lute, ~mandolin",
    "violin": "fiddle, ~cello, ~viola, ~double bass", "trumpet": "bugle, cornet, ~trombone, ~horn",
    "drum": "snare drum, drum kit, drum set, bongo, djembe, conga, ~tambourine",
    "saxophone": "sax, ~clarinet, ~oboe, ~flute",
    "accordion": "concertina, squeezebox, ~harmonica", "ball": "football, soccer ball, ~american football, "
    "~volleyball, ~beach ball, ~rugby ball, ~baseball, ~tennis ball, ~cricket ball",
    "basketball": "basket ball", "skateboard": "skate board, longboard", "kite": "paper kite, flying kite",
    "robot": "android, droid, ~cyborg, humanoid robot, toy robot, bot", "dice": "die, game die",
    "trophy": "cup trophy, award, prize, [yellow] golden trophy, winner's cup",
    "star": "[yellow] golden star, [yellow] gold star, [red] red star, ~starfish, ~sea star",
    "sun": "sunshine sun, smiling sun", "moon": "crescent, crescent moon, half moon, full moon, new moon",
    "cloud": "rain cloud, white cloud",
    "rainbow": "double rainbow", "snowflake": "snow crystal, ice crystal", "snowman": "snow man, snowwoman",
    "planet": "saturn, ringed planet, gas giant, jupiter, mars, alien planet, earth, planet earth, globe",
    "fire": "flame, campfire, bonfire, camp fire, bon fire, ~fireplace", "firefighter": "fireman, "
    "fire fighter, firewoman, fire man, female firefighter, male firefighter",
    "police officer": "policeman, policewoman, cop, officer, constable, sheriff, ~security guard, "
    "female police officer, male police officer",
    "doctor": "nurse, physician, surgeon, dentist, health worker, medic, vet, veterinarian, ~scientist, "
    "female doctor, woman doctor, male doctor, ~person, ~man, ~woman, ~girl, ~boy, ~lady, ~guy, "
    "~gentleman, "
    "~child, ~kid, ~young woman, ~young man, ~old woman, ~old man, ~young girl, ~young boy, ~mother, "
    "~father, "
    "~mom, ~dad, ~grandmother, ~grandfather, ~grandma, ~grandpa, ~teacher, ~student, ~businessman, "
    "~businesswoman",
    "farmer": "gardener, rancher, ~shepherd, ~cowboy, ~scarecrow, female farmer, male farmer",
    "cook": "chef, baker, head chef, female chef, female cook, male chef, male cook",
    "astronaut": "spaceman, cosmonaut, space man, space explorer, spacewoman, female astronaut, "
    "male astronaut",
    "artist": "painter, painter artist, portrait painter, female artist, male artist",
    "construction worker": "builder, worker, workman, engineer, mechanic, handyman, bricklayer, carpenter, "
    "plumber, electrician, female construction worker, male construction worker",
    "princess": "queen, fairy princess, ~fairy", "santa": "santa claus, father christmas, saint nicholas, "
    "st nicholas, saint nick, ~wizard, ~gnome, ~elf",
    "ghost": "spirit, phantom, spook, spectre, halloween ghost", "skull": "human skull, ~skeleton",
    "heart": "love heart, heart shape, valentine heart, valentine", "gem": "gemstone, gem stone, diamond, "
    "jewel, crystal, [red] ruby, [green] emerald, [blue] sapphire, precious stone, [purple] amethyst, "
    "brilliant",
    "bell": "church bell, handbell, hand bell, jingle bell, christmas bell, doorbell",
    "anchor": "ship's anchor",
}  # fmt: skip
INHERENT = frozenset({  # plural already, or the same in the plural
    "grapes", "cherries", "fries", "jeans", "socks", "gloves", "glasses", "scissors", "dice", "broccoli",
    "corn",
    "bread", "cheese", "chocolate",
})  # fmt: skip
SAME = frozenset({  # one word for one and for many, or no plural that people write
    "sheep", "fish", "deer", "moose", "elk", "bison", "cattle", "salmon", "trout", "tuna", "carp", "koi",
    "squid",
    "fruit", "aircraft", "spacecraft", "goldfish", "angelfish", "clownfish", "starfish", "jellyfish",
    "crayfish",
    "tropical fish", "clown fish", "mail", "lavender", "footwear", "antelope", "citrus", "tea", "cocoa",
    "wine",
    "beer", "champagne", "maize", "toast", "cheddar", "shorts", "pants", "trousers", "leggings", "spectacles",
    "eyeglasses", "sunglasses", "goggles", "specs", "binoculars", "pliers", "shears", "chips", "french fries",
    "french fry", "reading glasses", "red wine", "saturn", "jupiter", "mars", "gelato",
    "hot chocolate",
    "t rex", "u f o", "santa claus", "father christmas", "sunshine sun", "granny smith", "soft serve",
    "letter",
    "saint nick", "saint nicholas", "st nicholas", "fly agaric", "frozen yogurt", "sweetcorn",
})  # fmt: skip
IRREGULAR = {
    "mouse": "mice", "goose": "geese", "wolf": "wolves", "leaf": "leaves", "calf": "calves", "loaf": "loaves",
    "scarf": "scarves", "ox": "oxen", "cactus": "cacti", "octopus": "octopi", "man": "men", "woman": "women",
    "die": "dice", "elf": "elves", "half": "halves", "foot": "feet", "child": "children",
    "werewolf": "werewolves",
    "fungus": "fungi", "hippopotamus": "hippopotami", "person": "people", "potato": "potatoes",
    "tomato": "tomatoes", "mango": "mangoes", "buffalo": "buffaloes", "torpedo": "torpedoes",
}  # fmt: skip
OTHER_PLURALS = {
    "cactuses": "cactus", "octopuses": "octopus", "mangos": "peach", "fishes": "fish", "oranges": "tangerine",
    "chocolates": "chocolate",
}  # fmt: skip
WHOLE = {"glass": "wine glasses"}  # "glasses" are another thing
FLAVOURS = (
    "chocolate", "strawberry", "lemon", "apple", "cherry", "banana", "carrot", "pumpkin", "coconut",
    "vanilla",
    "blueberry", "raspberry", "peach", "cheese",
)  # fmt: skip
DISHES = {
    "cake": "cake", "pie": "cake", "tart": "cake", "cupcake": "cupcake", "muffin": "cupcake",
    "cookie": "cookie",
    "donut": "donut", "doughnut": "donut", "ice cream": "ice cream", "bread": "bread", "pizza": "pizza",
    "sandwich": "hamburger",
}  # fmt: skip
