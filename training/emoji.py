"""Emoji: the thing, place or light that each shows, without skin tones and variation selectors."""

EMOJI = {
    "cat": "🐈🐱😺😸😻😼😽🙀", "dog": "🐕🐶🐩🦮", "rabbit": "🐇🐰", "elephant": "🐘🦣", "horse": "🐎🐴🫏",
    "pig": "🐖🐷🐗🐽", "owl": "🦉", "penguin": "🐧", "duck": "🦆", "fish": "🐠🐟🐡", "butterfly": "🦋",
    "turtle": "🐢", "teddy bear": "🧸🐻", "lion": "🦁", "tiger": "🐅🐯🐆", "cow": "🐄🐮🐂🐃🦬",
    "sheep": "🐑🐏", "goat": "🐐", "fox": "🦊", "wolf": "🐺", "mouse": "🐁🐭🐀🐹", "monkey": "🐒🐵🦍🦧",
    "giraffe": "🦒", "zebra": "🦓", "hippo": "🦛🦏", "camel": "🐪🐫🦙", "kangaroo": "🦘", "panda": "🐼",
    "koala": "🐨", "frog": "🐸", "snake": "🐍", "crocodile": "🐊", "whale": "🐳🐋", "dolphin": "🐬",
    "shark": "🦈", "octopus": "🐙🦑", "crab": "🦀🦞", "snail": "🐌", "bee": "🐝", "ladybug": "🐞",
    "spider": "🕷", "rooster": "🐓🐔", "chick": "🐤🐥🐣", "swan": "🦢🪿", "eagle": "🦅", "parrot": "🦜🐦",
    "peacock": "🦚", "flamingo": "🦩", "bat": "🦇", "hedgehog": "🦔", "squirrel": "🐿", "deer": "🦌🫎",
    "dinosaur": "🦕🦖", "dragon": "🐉🐲", "unicorn": "🦄", "apple": "🍎🍏", "banana": "🍌",
    "strawberry": "🍓", "lemon": "🍋", "pear": "🍐", "carrot": "🥕", "mushroom": "🍄", "cake": "🎂🍰🥧",
    "tangerine": "🍊", "grapes": "🍇", "cherries": "🍒", "watermelon": "🍉🍈", "pineapple": "🍍",
    "peach": "🍑🥭", "tomato": "🍅", "potato": "🥔", "corn": "🌽", "broccoli": "🥦🥬", "pumpkin": "🎃",
    "bread": "🍞🥖", "cheese": "🧀", "egg": "🥚", "pizza": "🍕", "hamburger": "🍔🥪", "hot dog": "🌭",
    "fries": "🍟", "ice cream": "🍦🍨", "donut": "🍩🥯", "cookie": "🍪", "chocolate": "🍫",
    "coffee": "☕🍵", "cupcake": "🧁", "avocado": "🥑", "eggplant": "🍆", "coconut": "🥥", "tree": "🌳",
    "pine": "🌲🎄", "palm": "🌴", "cactus": "🌵", "sunflower": "🌻🌼", "tulip": "🌷🌸🌺", "rose": "🌹💐",
    "leaf": "🍁🍂🍃", "houseplant": "🪴🌱", "clover": "🍀☘", "car": "🚗🚙🏎", "bus": "🚌🚍🚎",
    "tractor": "🚜", "sailboat": "⛵🛶🚤", "airplane": "✈🛩🛫🛬", "rocket": "🚀", "taxi": "🚕🚖",
    "truck": "🚚🚛🛻🚐", "fire engine": "🚒", "ambulance": "🚑", "police car": "🚓🚔", "train": "🚂🚆🚄",
    "bicycle": "🚲", "motorcycle": "🏍🛵", "helicopter": "🚁", "ship": "🛳🚢⛴", "ufo": "🛸",
    "house": "🏠🏡🏢", "castle": "🏰🏯", "church": "⛪", "tent": "⛺", "school": "🏫🏥", "factory": "🏭",
    "hut": "🛖", "ferris wheel": "🎡", "fountain": "⛲", "chair": "🪑", "bed": "🛏", "sofa": "🛋",
    "door": "🚪", "light bulb": "💡", "candle": "🕯", "clock": "🕰⏰⌚", "television": "📺🖥", "laptop": "💻",
    "phone": "📱☎📞", "camera": "📷📸", "book": "📘📕📗📙📖📚📓", "key": "🔑🗝", "teapot": "🫖",
    "bottle": "🍾", "glass": "🍷🥂🍸", "bucket": "🪣", "basket": "🧺", "umbrella": "☂☔🌂⛱",
    "envelope": "✉📧💌", "gift": "🎁", "balloon": "🎈", "hammer": "🔨", "axe": "🪓", "wrench": "🔧🪛",
    "saw": "🪚", "scissors": "✂", "ladder": "🪜", "magnet": "🧲", "telescope": "🔭", "pencil": "✏🖊🖍",
    "paintbrush": "🖌", "hat": "🎩👒🧢", "crown": "👑", "shirt": "👕👔👚🧥", "dress": "👗", "jeans": "👖🩳",
    "shoe": "👟👞👠", "boot": "🥾👢", "socks": "🧦", "gloves": "🧤", "scarf": "🧣", "glasses": "👓🕶",
    "backpack": "🎒", "handbag": "👜👛💼", "ring": "💍", "guitar": "🎸🪕", "violin": "🎻", "trumpet": "🎺",
    "drum": "🥁", "saxophone": "🎷", "accordion": "🪗", "ball": "⚽🏈🏐⚾🎾", "basketball": "🏀",
    "skateboard": "🛹", "kite": "🪁", "robot": "🤖", "dice": "🎲", "trophy": "🏆", "star": "⭐🌟★",
    "sun": "☀🌞", "moon": "🌙🌛🌜🌕", "cloud": "☁", "rainbow": "🌈", "snowflake": "❄", "snowman": "☃⛄",
    "planet": "🪐", "fire": "🔥", "police officer": "👮", "construction worker": "👷", "princess": "👸",
    "santa": "🎅", "ghost": "👻", "skull": "💀☠", "heart": "❤♥💖💗💛💚💙💜", "gem": "💎", "bell": "🔔",
    "anchor": "⚓", "bubble": "💬", "label": "🏷", "place:beach": "🏖", "place:mountains": "🏔⛰",
    "place:desert": "🏜", "place:sunset": "🌅🌇", "place:starry night": "🌃🌌", "place:skyline": "🏙",
    "place:sea": "🌊", "light:rain": "🌧", "light:snowfall": "🌨", "light:fog": "🌫",
}  # fmt: skip
NEAREST_EMOJI = (
    "🦣🫏🐻🐆🦬🐹🦍🦧🦏🦙🦑🦞🪿🐦🥧🥭🥬🥪🥯🌼🌺🌸🛶🏥⌚🖥🪛🖊🖍🧥🩳💼🪕🏈🏐⚾🎾"  # no more than nearest
)
PROFESSIONS = {  # joined to a person
    "🚒": "firefighter", "⚕": "doctor", "🌾": "farmer", "🍳": "cook", "🚀": "astronaut", "🎨": "artist",
    "🎄": "santa", "🔧": "construction worker",
}  # fmt: skip
PEOPLE = "🧑👨👩"
