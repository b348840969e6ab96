"""Long prompts as people write them, and what of each the model should show: for evaluation alone.

Written by hand before it was seen what the tokenizer makes of them. What must appear is listed in the model's
words; the rest may be left out, and is named in the answer's warnings.
"""

LONG_PROMPTS = (
    (
        "A cosy living room on a rainy evening. A ginger cat is asleep on a green sofa, and next to it "
        "there is a cup of coffee.",
        "cat, sofa, coffee, place:room",
    ),
    (
        "I would like a picture of a little red tractor driving over a ploughed field, early in the "
        "morning, with fog over the land.",
        "small, red, tractor, place:farm, light:fog",
    ),
    (
        "Watercolor painting of a white swan on a calm lake, surrounded by reeds, soft colors, delicate "
        "brush strokes, peaceful mood",
        "white, swan, place:lake, style:watercolour",
    ),
    (
        "Two penguins wearing scarves are standing on the ice. One of them is holding a bright red "
        "balloon. Snow is falling softly.",
        "two, penguin, red, balloon, place:snow, light:snowfall",
    ),
    (
        "product photo, a single blue teapot, studio lighting, plain white background, soft shadows, high"
        " resolution, 8k",
        "blue, teapot, white, background, style:photo",
    ),
    (
        "A fierce green dragon guards a grey stone castle high up in the mountains while the sun goes "
        "down; epic fantasy art, oil painting.",
        "green, dragon, grey, castle, place:mountains, style:oil",
    ),
    (
        "children's book illustration: a brown bear and a small rabbit having a picnic in the forest, "
        "with a basket full of apples between them",
        "brown, teddy bear, small, rabbit, basket, apple, place:forest",
    ),
    (
        'A vintage poster that says "VISIT MARS" with a red rocket flying over an alien planet, retro '
        "style, bold letters.",
        "poster, red, rocket, planet",
    ),
    (
        "Pixel art of a knight's castle at night. There is a full moon in the sky and a bat flying above "
        "the castle.",
        "castle, moon, bat, light:night, style:pixel art",
    ),
    (
        "On a wooden table there are three green apples, a yellow banana and a bunch of grapes. Sunlight "
        "falls in from the left.",
        "three, green, apple, yellow, banana, grapes, place:table",
    ),
    (
        "Photorealistic close-up of a ladybug on a green leaf, macro photography, shallow depth of field,"
        " morning dew",
        "ladybug, green, leaf, style:photo",
    ),
    (
        "a busy city street in the rain at night, yellow taxi, people with umbrellas, neon reflections, "
        "cinematic",
        "yellow, taxi, umbrella, place:street",
    ),
    (
        "An astronaut is floating in outer space in front of a big ringed planet. He is holding a guitar."
        " Low poly style please!",
        "astronaut, planet, guitar, place:space, style:low poly",
    ),
    (
        "My daughter wants a pink unicorn under a rainbow, with lots of flowers on a meadow, drawn like a"
        " comic.",
        "pink, unicorn, rainbow, tulip, place:meadow, style:comic",
    ),
    (
        "A stained glass window that shows a white dove above a red rose, strong black outlines, glowing "
        "colours",
        "white, parrot, above, red, rose, style:stained glass",
    ),
    (
        "cute robot, orange, sitting on a stack of books in an old library, warm light, highly detailed, "
        "trending on artstation",
        "orange, robot, book, place:library",
    ),
    (
        "There's a snowman with a black top hat in the garden of a red house. It's night and it's snowing.",
        "snowman, black, hat, red, house",
    ),
    (
        "A black and white photograph of an old train arriving at a station in the fog, 1920s, film grain",
        "train, light:fog, style:black and white",
    ),
    (
        "Please draw a pirate ship on a stormy sea. The sails are red. A big whale jumps out of the water"
        " to the right of the ship.",
        "sailboat, big, whale, place:sea, light:rain",
    ),
    (
        "Paper cut art: an orange fox between two green pine trees, layered paper, hills in the back, "
        "moonlit night",
        "orange, fox, between, green, pine, style:paper cut, light:night",
    ),
    (
        "A chef with a pizza in a modern kitchen; on the counter are tomatoes, cheese and mushrooms. "
        "Realistic, bright.",
        "cook, pizza, tomato, cheese, mushroom, place:kitchen, style:photo",
    ),
    (
        "ink drawing of an owl on top of a pile of old books, with a candle on the right, black ink on "
        "paper, fine lines",
        "owl, book, candle, style:ink",
    ),
    (
        'A birthday card with the words "HAPPY BIRTHDAY" and a chocolate cake with candles, colourful '
        "balloons around, cheerful",
        "card, cake, candle, balloon",
    ),
    (
        "Underwater scene: a sea turtle and a dolphin swim over a coral reef, many small orange fish, "
        "rays of light, no sharks",
        "turtle, dolphin, orange, fish, place:underwater",
    ),
    (
        "a farmer and a cow in front of a red barn, wheat field, golden hour, in the style of van gogh",
        "farmer, cow, red, house, place:farm, light:dusk, style:oil",
    ),
    (
        "Imagine a desert at noon. There is a green cactus on the left and a camel on the right. The sky "
        "is blue and cloudless.",
        "green, cactus, left of, camel, place:desert",
    ),
    (
        "A stage with red curtains. A monkey in a yellow shirt is playing the saxophone, and a dog is "
        "playing the drum.",
        "monkey, yellow, shirt, saxophone, dog, drum, place:stage",
    ),
    (
        "Neon sign that reads 'OPEN 24H' in pink, at night, in the style of synthwave, with a palm tree "
        "next to it",
        "sign, palm, light:night, style:neon",
    ),
    (
        "pencil sketch, elephant, big ears, savannah, acacia tree, birds in the distance, rough paper, "
        "monochrome",
        "elephant, tree, place:meadow, style:pencil",
    ),
    (
        "An enchanted autumn forest with golden leaves. A deer looks at a small hedgehog which sits under"
        " a red mushroom.",
        "deer, small, hedgehog, below, red, mushroom, place:autumn forest",
    ),
    (
        "five colourful hot air balloons over the mountains at sunrise, wide shot, dreamy atmosphere, no "
        "text",
        "five, balloon, place:mountains, light:dusk",
    ),
    (
        "A firefighter and a police officer shake hands before a big red fire engine on the street, "
        "cartoon style",
        "firefighter, police officer, big, red, fire engine, place:street, style:comic",
    ),
    (
        "The skyline of a big city by day, with a white airplane above it and a helicopter below the "
        "airplane.",
        "white, airplane, helicopter, place:skyline",
    ),
    (
        "A purple octopus is wearing a golden crown. It sits on a treasure: gems and rings all around, at"
        " the bottom of the sea.",
        "purple, octopus, yellow, crown, gem, ring, place:underwater",
    ),
    (
        "still life with a violin, a wine glass and a skull on a dark table, candle light, renaissance "
        "painting",
        "violin, glass, skull, candle, place:table, style:oil",
    ),
    (
        "Four ducklings follow a white duck along the river bank; spring, soft light, children's "
        "illustration",
        "four, duck, white, duck, place:lake",
    ),
    (
        "a turquoise bicycle leaning on a yellow wall, basket with sunflowers, street in Italy, sunny "
        "day, photo",
        "turquoise, bicycle, basket, sunflower, style:photo",
    ),
    (
        "In a dark cave a treasure hunter finds a blue crystal and a golden key beside an old skull. Not "
        "scary, please.",
        "blue, gem, yellow, key, skull, place:cave",
    ),
    (
        "A ghost without a hat is reading a book in bed. There is a clock above the bed. Comic book "
        "style, purple tones.",
        "ghost, book, bed, clock, style:comic",
    ),
    (
        "Surreal: an elephant balances on a ball on top of a tiny house at the beach, blue sky, "
        "photorealistic, no people",
        "elephant, on, ball, small, house, place:beach, style:photo",
    ),
    (
        "Christmas scene with Santa, a reindeer and a decorated christmas tree, presents under the tree, "
        "snow, night, cozy",
        "santa, deer, pine, gift, place:snow, light:night",
    ),
    (
        'Design me a label that says "HONEY", handwritten, with three bees and a sunflower, light yellow '
        "background",
        "label, three, bee, sunflower, yellow, background",
    ),
)
