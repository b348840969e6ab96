"""What the built-in model knows: things, colours, places, and the words people use for them.

This is data. Training draws scenes and captions from it; export writes the word tables beside the weights,
where the tokenizer reads them. Nothing at run time imports this module.
"""

from dataclasses import dataclass

DRAWINGS = {  # thing -> its drawing in the npm package @iconify-json/fluent-emoji (MIT); "sign" is our own
    "apple": "red-apple", "banana": "banana", "strawberry": "strawberry", "lemon": "lemon", "pear": "pear",
    "carrot": "carrot", "mushroom": "mushroom", "cake": "birthday-cake", "cat": "cat", "dog": "dog",
    "rabbit": "rabbit", "elephant": "elephant", "horse": "horse", "pig": "pig", "owl": "owl",
    "penguin": "penguin", "duck": "duck", "fish": "fish", "butterfly": "butterfly", "turtle": "turtle",
    "car": "automobile", "bus": "bus", "tractor": "tractor", "sailboat": "sailboat", "airplane": "airplane",
    "rocket": "rocket", "house": "house", "castle": "castle", "tree": "deciduous-tree", "cactus": "cactus",
    "sunflower": "sunflower", "tulip": "tulip", "chair": "chair", "teapot": "teapot", "ball": "soccer-ball",
    "balloon": "balloon", "umbrella": "umbrella", "book": "blue-book", "star": "star", "robot": "robot",
    "snowman": "snowman", "hat": "top-hat", "crown": "crown", "guitar": "guitar", "bear": "teddy-bear",
}  # fmt: skip
MOST_THINGS = 2  # in one scene
THINGS = ("nothing", "sign", *DRAWINGS)  # index 0: a cell that no thing covers
FLYING = frozenset({"airplane", "balloon", "butterfly", "rocket", "star", "owl"})

COLOURS = {  # sRGB of a mid tone; index 0 in the code table is "natural"
    "red": (214, 28, 36), "orange": (244, 130, 24), "yellow": (250, 206, 30), "green": (52, 160, 62),
    "blue": (36, 96, 214), "purple": (128, 60, 186), "pink": (250, 130, 180), "brown": (126, 78, 44),
    "white": (240, 240, 242), "black": (38, 38, 44), "grey": (136, 140, 148),
}  # fmt: skip
COLOUR_NAMES = ("natural", *COLOURS)


@dataclass(frozen=True)
class Place:
    """A background: its name as a token, the phrases that mean it, and where its horizon may lie."""

    name: str
    phrases: tuple[str, ...]
    horizon: tuple[float, float]  # shares of the height


PLACES = (
    Place("studio", ("plain background", "background", "backdrop", "studio"), (0.60, 0.72)),
    Place("table", ("wooden table", "wood table", "wooden desk", "table", "desk"), (0.42, 0.60)),
    Place("sky", ("blue sky", "clear sky", "cloudy sky", "sky", "clouds"), (0.74, 0.86)),
    Place(
        "meadow",
        ("green meadow", "meadow", "green grass", "grass", "field", "lawn", "garden", "park"),
        (0.42, 0.62),
    ),
    Place("beach", ("sandy beach", "beach", "sand", "seaside"), (0.46, 0.62)),
    Place("sea", ("ocean", "sea", "water", "lake", "river"), (0.40, 0.60)),
    Place("snow", ("snowy field", "snow", "snowy", "winter landscape", "winter", "ice"), (0.45, 0.62)),
    Place("night", ("starry night", "night sky", "starry sky", "moonlight", "night"), (0.70, 0.84)),
    Place("sunset", ("sunset", "sunrise", "dusk", "dawn"), (0.55, 0.72)),
    Place("forest", ("forest", "woods", "jungle"), (0.50, 0.66)),
    Place("desert", ("desert", "dunes", "sand dunes"), (0.48, 0.66)),
    Place("street", ("city street", "street", "road", "city", "town"), (0.52, 0.66)),
    Place("room", ("living room", "room", "kitchen", "floor", "indoors"), (0.56, 0.70)),
    Place("mountains", ("snowy mountains", "mountains", "mountain", "hills", "valley"), (0.56, 0.70)),
)
PLACE_NAMES = tuple(place.name for place in PLACES)
PLACE_KINDS = len(PLACES) + len(COLOURS)  # as maps count them: the places, and the studio in each colour


def place_kind(place: int, tint: str) -> int:
    """The index of a place in a map; a background in a colour is a place of its own, known in every cell."""
    return place if tint == "natural" else len(PLACES) + COLOUR_NAMES.index(tint) - 1


RELATIONS = {  # token -> phrases
    "left-of": ("to the left of", "on the left of", "left of"),
    "right-of": ("to the right of", "on the right of", "right of"),
    "two": ("two", "a pair of", "2"),
    "big": ("big", "large", "huge", "giant", "close-up of", "close up of", "closeup of"),
    "small": ("small", "little", "tiny"),
}

SYNONYMS = {  # word -> token of a thing or colour
    "apples": "apple", "bananas": "banana", "strawberries": "strawberry", "lemons": "lemon", "pears": "pear",
    "carrots": "carrot", "mushrooms": "mushroom", "toadstool": "mushroom", "cakes": "cake",
    "birthday cake": "cake", "cats": "cat", "kitten": "cat", "kitty": "cat", "tabby": "cat", "dogs": "dog",
    "puppy": "dog", "hound": "dog", "rabbits": "rabbit", "bunny": "rabbit", "hare": "rabbit",
    "elephants": "elephant", "horses": "horse", "pony": "horse", "stallion": "horse", "pigs": "pig",
    "piglet": "pig", "owls": "owl", "penguins": "penguin", "ducks": "duck", "duckling": "duck",
    "goldfish": "fish", "fishes": "fish", "butterflies": "butterfly", "turtles": "turtle",
    "tortoise": "turtle", "cars": "car", "automobile": "car", "vehicle": "car", "buses": "bus",
    "coach": "bus", "tractors": "tractor", "boat": "sailboat", "boats": "sailboat", "sailboats": "sailboat",
    "sailing boat": "sailboat", "yacht": "sailboat", "ship": "sailboat", "plane": "airplane",
    "aeroplane": "airplane", "airplanes": "airplane", "jet": "airplane", "aircraft": "airplane",
    "rockets": "rocket", "spaceship": "rocket", "houses": "house", "home": "house", "cottage": "house",
    "cabin": "house", "hut": "house", "castles": "castle", "palace": "castle", "fortress": "castle",
    "trees": "tree", "oak": "tree", "cactuses": "cactus", "cacti": "cactus", "sunflowers": "sunflower",
    "flower": "tulip", "flowers": "tulip", "tulips": "tulip", "chairs": "chair", "seat": "chair",
    "stool": "chair", "teapots": "teapot", "tea pot": "teapot", "kettle": "teapot", "balls": "ball",
    "football": "ball", "soccer ball": "ball", "balloons": "balloon", "umbrellas": "umbrella",
    "parasol": "umbrella", "books": "book", "notebook": "book", "robots": "robot", "android": "robot",
    "snowmen": "snowman", "hats": "hat", "top hat": "hat", "crowns": "crown", "guitars": "guitar",
    "electric guitar": "guitar", "teddy bear": "bear", "teddy": "bear", "bears": "bear", "signs": "sign",
    "board": "sign", "placard": "sign", "poster": "sign", "signboard": "sign", "signpost": "sign",
    "banner": "sign", "label": "sign", "golden star": "star", "gray": "grey", "silver": "grey",
    "violet": "purple", "lilac": "purple", "magenta": "pink", "rose": "pink", "golden": "yellow",
    "gold": "yellow", "navy": "blue", "turquoise": "blue", "crimson": "red", "scarlet": "red",
}  # fmt: skip

FILLERS = frozenset((  # words that change nothing in a picture: dropped without a warning
    "a", "an", "the", "of", "in", "on", "at", "by", "to", "with", "and", "or", "that", "is", "are", "was",
    "it", "its", "this", "there", "some", "one", "single", "near", "next", "beside", "for", "as", "sitting",
    "standing", "lying", "resting", "placed", "set", "photo", "photograph", "picture", "image", "shot",
    "view", "scene", "under", "high", "quality", "highly", "very", "beautiful", "nice", "lovely", "says",
    "saying", "reading", "reads", "written", "text", "word", "words", "side", "together", "fresh", "please",
    "make", "show", "me", "i", "want", "color", "colour", "colored", "coloured", "also", "really",
))  # fmt: skip
