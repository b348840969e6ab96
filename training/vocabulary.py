"""What the built-in model knows: things, colours, places, lights and styles, by the one name each has here.

This is data. Training draws scenes and captions from it; the words people use for them are in
training/synonyms.py. Nothing at run time imports either: export writes them beside the weights.
"""

from dataclasses import dataclass

DRAWINGS = {  # thing -> its drawing in the npm package @iconify-json/fluent-emoji (MIT)
    # Animals.
    "cat": "cat", "dog": "dog", "rabbit": "rabbit", "elephant": "elephant", "horse": "horse", "pig": "pig",
    "owl": "owl", "penguin": "penguin", "duck": "duck", "fish": "tropical-fish", "butterfly": "butterfly",
    "turtle": "turtle", "teddy bear": "teddy-bear", "lion": "lion", "tiger": "tiger", "cow": "cow",
    "sheep": "ewe", "goat": "goat", "fox": "fox", "wolf": "wolf", "mouse": "mouse", "monkey": "monkey",
    "giraffe": "giraffe", "zebra": "zebra", "hippo": "hippopotamus", "camel": "camel",
    "kangaroo": "kangaroo", "panda": "panda", "koala": "koala", "frog": "frog", "snake": "snake",
    "crocodile": "crocodile", "whale": "spouting-whale", "dolphin": "dolphin", "shark": "shark",
    "octopus": "octopus", "crab": "crab", "snail": "snail", "bee": "honeybee", "ladybug": "lady-beetle",
    "spider": "spider", "rooster": "rooster", "chick": "baby-chick", "swan": "swan", "eagle": "eagle",
    "parrot": "parrot", "peacock": "peacock", "flamingo": "flamingo", "bat": "bat", "hedgehog": "hedgehog",
    "squirrel": "chipmunk", "deer": "deer", "dinosaur": "sauropod", "dragon": "dragon", "unicorn": "unicorn",
    # Food.
    "apple": "red-apple", "banana": "banana", "strawberry": "strawberry", "lemon": "lemon", "pear": "pear",
    "carrot": "carrot", "mushroom": "mushroom", "cake": "birthday-cake", "tangerine": "tangerine",
    "grapes": "grapes", "cherries": "cherries", "watermelon": "watermelon", "pineapple": "pineapple",
    "peach": "peach", "tomato": "tomato", "potato": "potato", "corn": "ear-of-corn", "broccoli": "broccoli",
    "pumpkin": "jack-o-lantern", "bread": "bread", "cheese": "cheese-wedge", "egg": "egg", "pizza": "pizza",
    "hamburger": "hamburger", "hot dog": "hot-dog", "fries": "french-fries", "ice cream": "soft-ice-cream",
    "donut": "doughnut", "cookie": "cookie", "chocolate": "chocolate-bar", "coffee": "hot-beverage",
    "cupcake": "cupcake", "avocado": "avocado", "eggplant": "eggplant", "coconut": "coconut",
    # Plants.
    "tree": "deciduous-tree", "pine": "evergreen-tree", "palm": "palm-tree", "cactus": "cactus",
    "sunflower": "sunflower", "tulip": "tulip", "rose": "rose", "leaf": "maple-leaf",
    "houseplant": "potted-plant", "clover": "four-leaf-clover",
    # Vehicles.
    "car": "automobile", "bus": "bus", "tractor": "tractor", "sailboat": "sailboat", "airplane": "airplane",
    "rocket": "rocket", "taxi": "taxi", "truck": "delivery-truck", "fire engine": "fire-engine",
    "ambulance": "ambulance", "police car": "police-car", "train": "locomotive", "bicycle": "bicycle",
    "motorcycle": "motorcycle", "helicopter": "helicopter", "ship": "passenger-ship", "ufo": "flying-saucer",
    # Buildings.
    "house": "house", "castle": "castle", "church": "church", "tent": "tent", "school": "school",
    "factory": "factory", "hut": "hut", "ferris wheel": "ferris-wheel", "fountain": "fountain",
    # Furniture and household.
    "chair": "chair", "bed": "bed", "sofa": "couch-and-lamp", "door": "door", "light bulb": "light-bulb",
    "candle": "candle", "clock": "mantelpiece-clock", "television": "television", "laptop": "laptop",
    "phone": "mobile-phone", "camera": "camera", "book": "blue-book", "key": "key", "teapot": "teapot",
    "bottle": "bottle-with-popping-cork", "glass": "wine-glass", "bucket": "bucket", "basket": "basket",
    "umbrella": "umbrella", "envelope": "envelope", "gift": "wrapped-gift", "balloon": "balloon",
    # Tools.
    "hammer": "hammer", "axe": "axe", "wrench": "wrench", "saw": "carpentry-saw", "scissors": "scissors",
    "ladder": "ladder", "magnet": "magnet", "telescope": "telescope", "pencil": "pencil",
    "paintbrush": "paintbrush",
    # Clothes.
    "hat": "top-hat", "crown": "crown", "shirt": "t-shirt", "dress": "dress", "jeans": "jeans",
    "shoe": "running-shoe", "boot": "hiking-boot", "socks": "socks", "gloves": "gloves", "scarf": "scarf",
    "glasses": "glasses", "backpack": "backpack", "handbag": "handbag", "ring": "ring",
    # Instruments, sports and toys.
    "guitar": "guitar", "violin": "violin", "trumpet": "trumpet", "drum": "drum", "saxophone": "saxophone",
    "accordion": "accordion", "ball": "soccer-ball", "basketball": "basketball", "skateboard": "skateboard",
    "kite": "kite", "robot": "robot", "dice": "game-die", "trophy": "trophy",
    # Weather and sky.
    "star": "star", "sun": "sun", "moon": "crescent-moon", "cloud": "cloud", "rainbow": "rainbow",
    "snowflake": "snowflake", "snowman": "snowman", "planet": "ringed-planet", "fire": "fire",
    # People at work, and others.
    "firefighter": "firefighter", "police officer": "police-officer", "doctor": "health-worker",
    "farmer": "farmer", "cook": "cook", "astronaut": "astronaut", "artist": "artist",
    "construction worker": "construction-worker", "princess": "princess", "santa": "santa-claus",
    "ghost": "ghost", "skull": "skull", "heart": "red-heart", "gem": "gem-stone", "bell": "bell",
    "anchor": "anchor",
}  # fmt: skip
MORE_DRAWINGS = {  # thing -> others of it there, one as good as another where nothing else is said
    "cat": "black-cat", "dog": "poodle service-dog", "fish": "fish blowfish", "whale": "whale",
    "camel": "two-hump-camel", "chick": "front-facing-baby-chick hatching-chick", "sheep": "ram", "cow": "ox",
    "mouse": "rat", "dinosaur": "t-rex", "bread": "baguette-bread", "cake": "shortcake",
    "ice cream": "ice-cream", "mushroom": "brown-mushroom", "leaf": "fallen-leaf", "clover": "shamrock",
    "car": "sport-utility-vehicle oncoming-automobile racing-car",
    "bus": "oncoming-bus trolleybus minibus", "taxi": "oncoming-taxi", "police car": "oncoming-police-car",
    "truck": "articulated-lorry pickup-truck", "train": "high-speed-train tram",
    "airplane": "small-airplane", "ship": "ferry motor-boat", "motorcycle": "motor-scooter",
    "house": "house-with-garden", "castle": "japanese-castle", "clock": "alarm-clock", "phone": "telephone",
    "book": "open-book", "key": "old-key", "glass": "cocktail-glass", "camera": "camera-with-flash",
    "envelope": "love-letter", "hat": "womans-hat billed-cap", "shirt": "womans-clothes running-shirt",
    "shoe": "mans-shoe high-heeled-shoe", "boot": "womans-boot", "glasses": "sunglasses",
    "handbag": "purse clutch-bag", "drum": "long-drum", "star": "glowing-star", "sun": "sun-with-face",
    "moon": "full-moon", "snowman": "snowman-without-snow", "planet": "globe-showing-americas",
    "heart": "sparkling-heart", "firefighter": "woman-firefighter-medium man-firefighter-dark",
    "police officer": "woman-police-officer-medium man-police-officer-dark",
    "doctor": "woman-health-worker-medium man-health-worker-dark",
    "farmer": "woman-farmer-medium man-farmer-dark", "cook": "woman-cook-medium man-cook-dark",
    "astronaut": "woman-astronaut-medium man-astronaut-dark",
    "artist": "woman-artist-medium man-artist-dark",
    "construction worker": "woman-construction-worker-medium man-construction-worker-dark",
    "princess": "princess-dark", "santa": "santa-claus-dark",
}  # fmt: skip
FACES = ("sign", "poster", "card", "bubble", "label")  # our own drawings, with room for letters
THINGS = ("nothing", *FACES, *DRAWINGS)  # index 0: no thing
MOST_THINGS = 8  # in one scene


def drawings_of(thing: str) -> tuple[str, ...]:
    """All there are of a thing, the one it is known by first."""
    return (DRAWINGS.get(thing, thing), *MORE_DRAWINGS.get(thing, "").split())


PAINTED = (  # what the painter tells apart: thing, which drawing; the first ones in the order of THINGS
    *((thing, 0) for thing in THINGS),
    *((thing, k) for thing in THINGS for k in range(1, len(drawings_of(thing)))),
)
FLYING = frozenset({
    "airplane", "balloon", "butterfly", "rocket", "star", "owl", "bee", "eagle", "parrot", "bat",
    "helicopter", "ufo", "kite", "sun", "moon", "cloud", "rainbow", "snowflake", "planet", "ghost", "bubble",
    "dragon",
})  # fmt: skip

COLOURS = {  # sRGB of a mid tone; index 0 in the code table is "natural"
    "red": (214, 28, 36), "orange": (244, 130, 24), "yellow": (250, 206, 30), "green": (52, 160, 62),
    "blue": (36, 96, 214), "purple": (128, 60, 186), "pink": (250, 130, 180), "brown": (126, 78, 44),
    "white": (240, 240, 242), "black": (38, 38, 44), "grey": (136, 140, 148), "turquoise": (32, 190, 186),
}  # fmt: skip
COLOUR_NAMES = ("natural", *COLOURS)

LIGHTS = ("day", "dusk", "night", "rain", "snowfall", "fog")
STYLES = (
    "plain", "photo", "watercolour", "oil", "pencil", "ink", "pixel art", "neon", "low poly", "paper cut",
    "stained glass", "black and white", "comic",
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A background: its name as a token, and where its horizon may lie (shares of the height)."""

    name: str
    horizon: tuple[float, float]
    is_outdoors: bool = True  # whether light and weather reach it


PLACES = (
    Place("studio", (0.60, 0.72), False),
    Place("table", (0.42, 0.60), False),
    Place("sky", (0.74, 0.86)),
    Place("meadow", (0.42, 0.62)),
    Place("beach", (0.46, 0.62)),
    Place("sea", (0.40, 0.60)),
    Place("snow", (0.45, 0.62)),
    Place("starry night", (0.70, 0.84), False),
    Place("sunset", (0.55, 0.72), False),
    Place("forest", (0.50, 0.66)),
    Place("desert", (0.48, 0.66)),
    Place("street", (0.52, 0.66)),
    Place("room", (0.56, 0.70), False),
    Place("mountains", (0.56, 0.70)),
    Place("garden", (0.44, 0.60)),
    Place("lake", (0.46, 0.62)),
    Place("farm", (0.44, 0.60)),
    Place("kitchen", (0.50, 0.66), False),
    Place("library", (0.60, 0.74), False),
    Place("underwater", (0.70, 0.84), False),
    Place("space", (0.76, 0.88), False),
    Place("cave", (0.58, 0.72), False),
    Place("stage", (0.60, 0.74), False),
    Place("skyline", (0.62, 0.76)),
    Place("autumn forest", (0.50, 0.66)),
)
PLACE_NAMES = tuple(place.name for place in PLACES)
PLACE_KINDS = len(PLACES) + len(COLOURS)  # as the painter counts: the places, and the studio in each colour


def place_kind(place: int, tint: str) -> int:
    """The index of a place for the painter; a background in a colour is a place of its own."""
    return place if tint == "natural" else len(PLACES) + COLOUR_NAMES.index(tint) - 1


COUNTS = ("one", "two", "three", "four", "five", "six")
RELATIONS = (
    "left of", "right of", "above", "below", "on", "in front of", "behind", "between", "surrounded by",
)  # fmt: skip
SIZES = ("big", "small")
WORDS = (  # token ids of the composer; "" fills up, "," is any end of a phrase
    "", ",", "background", *COLOURS, *THINGS[1:], *(f"place:{name}" for name in PLACE_NAMES),
    *(f"light:{name}" for name in LIGHTS[1:]), *(f"style:{name}" for name in STYLES[1:]),
    *COUNTS, *RELATIONS, *SIZES,
)  # fmt: skip

HOMES = {  # where a thing is put when the caption names no place; the others are put into the studio
    "cat rabbit mouse hedgehog squirrel snail ladybug bee butterfly spider": ("garden", "meadow", "room"),
    "dog horse pig cow sheep goat rooster chick tractor farmer": ("farm", "meadow", "garden"),
    "elephant lion tiger giraffe zebra hippo monkey kangaroo dinosaur": ("meadow", "forest", "sky"),
    "fox wolf owl koala panda deer bat": ("forest", "autumn forest", "meadow"),
    "camel cactus snake": ("desert",),
    "penguin snowman snowflake santa": ("snow",),
    "fish turtle whale dolphin shark octopus": ("underwater", "sea"),
    "crab palm": ("beach",),
    "sailboat ship anchor": ("sea", "beach", "lake"),
    "duck swan frog flamingo crocodile": ("lake", "garden"),
    "eagle parrot airplane helicopter balloon kite sun cloud rainbow dragon unicorn": ("sky", "mountains"),
    "rocket ufo planet astronaut robot": ("space", "studio"),
    "star moon": ("starry night",),
    "tree pine sunflower tulip rose leaf clover mushroom": ("meadow", "garden", "forest"),
    "car bus taxi truck ambulance bicycle motorcycle": ("street", "skyline"),
    "house hut tent church castle": ("meadow", "mountains", "sky"),
    "school factory fountain": ("skyline", "sky", "street"),
    "chair bed sofa television door clock houseplant": ("room",),
    "apple banana strawberry lemon pear carrot cake tangerine grapes cherries watermelon pineapple peach "
    "tomato potato corn broccoli bread cheese egg pizza hamburger donut cookie chocolate coffee cupcake "
    "teapot avocado eggplant candle glass bottle": ("table", "kitchen", "studio"),
    "book laptop glasses pencil": ("table", "library"),
    "guitar violin trumpet drum saxophone accordion": ("stage", "room"),
}  # fmt: skip


def homes_of(thing: str) -> tuple[str, ...]:
    """Where a thing is at home; the studio for what is at home anywhere."""
    return _HOME.get(thing, ("studio",))


_NAMES = sorted(DRAWINGS, key=len, reverse=True)
_HOME = {name: places for names, places in HOMES.items() for name in _NAMES if f" {name} " in f" {names} "}
