"""What people write for what the model knows, listed under the one word that the model has for it.

This is data; training/phrases.py makes the table of it that the tokenizer reads. What starts with "@" is a
mark of grammar, which limner.nano.reading explains.
"""

SHADES = {
    "red": "scarlet, crimson, ruby red, cherry red, brick red, reddish, maroon, burgundy, vermilion, "
    "carmine, wine red",
    "orange": "tangerine orange, amber, copper, rust, apricot orange, orangey",
    "yellow": "golden, gold, lemon yellow, mustard yellow, yellowish, canary yellow, blond, blonde, gilded",
    "green": "lime, lime green, emerald green, olive, olive green, forest green, mint, mint green, "
    "greenish, jade",
    "blue": "navy, navy blue, sky blue, baby blue, royal blue, azure, cobalt, cobalt blue, indigo, bluish, "
    "sapphire blue, electric blue, midnight blue, ultramarine",
    "purple": "violet, lilac, mauve, plum purple, purplish",
    "pink": "magenta, rose pink, hot pink, fuchsia, salmon pink, pinkish, coral",
    "brown": "tan, beige, chestnut, chocolate brown, bronze, brownish, khaki, sepia brown, caramel, "
    "ginger brown",
    "white": "ivory, cream coloured, cream colored, snow white, whitish, pearl, off white",
    "black": "jet black, ebony, pitch black, blackish",
    "grey": "gray, silver, slate, charcoal, silvery, greyish, grayish, ash grey, steel grey",
    "turquoise": "teal, cyan, aqua, aquamarine, turquoise blue, blue green, sea green",
}
TINGES = ("bright", "dark", "light", "pale", "deep", "vivid", "soft", "pastel", "rich", "warm", "cool")

PLACE_NAMES = {  # place -> what it is called
    "studio": "plain background, studio, studio backdrop, plain backdrop, empty background, "
    "simple background, blank background, solid background, clean background, studio background, "
    "neutral background, no background, transparent background, isolated, minimal background, "
    "minimalist background, seamless backdrop",
    "table": "wooden table, wood table, wooden desk, table, desk, tabletop, table top, wooden surface, "
    "picnic table, dining table, rustic table, coffee table, workbench, wood background, wooden background",
    "sky": "blue sky, clear sky, cloudy sky, clear blue sky, bright sky, in the sky, in the clouds, sky, "
    "above the clouds, cloudy blue sky, open sky, fluffy clouds, summer sky, through the clouds, "
    "among the clouds, partly cloudy sky, sky with clouds, high in the air, in the air, heavens",
    "meadow": "green meadow, meadow, green grass, grass, lawn, green field, grassy field, field, grassland, "
    "grassy hill, prairie, pasture, savanna, savannah, grassy meadow, flower meadow, green hill, hill, "
    "hillside, field of grass, plain of grass, field of flowers, flower field, rolling hills, green hills, "
    "countryside, grassy plain, hilltop, african savanna, african savannah, africa, steppe, football pitch, "
    "golf course, hills",
    "beach": "sandy beach, beach, sand, seaside, seashore, shore, coast, tropical beach, by the sea, "
    "sandy shore, at the sea, by the seaside, by the ocean, tropical island, desert island, island, "
    "ocean beach, sunny beach, shoreline",
    "sea": "ocean, sea, water, open sea, open ocean, waves, on a wave, big wave, blue sea, blue ocean, "
    "harbour, harbor, "
    "high seas, calm sea, calm water, ocean waves, rough sea, deep sea surface, bay",
    "snow": "snowy field, snow, snowy, winter landscape, winter, ice, icy landscape, "
    "snowy landscape, wintry landscape, "
    "winter scene, arctic, antarctica, north pole, snow field, snowy hill, ski slope, winter wonderland, "
    "snow covered field, wintry, iceberg, ice floe, frozen lake, tundra, snowy ground, winter day, "
    "snowy winter",
    "starry night": "night sky, starry sky, starry night sky, sky full of stars, under the stars, milky way, "
    "starry, starlight, star filled sky, stars in the sky, moonlit sky, under a starry sky, sky at night",
    "sunset": "sunset, sunrise, setting sun, rising sun, sunset sky, orange sky, red sky, pink sky, "
    "at sunset, at sunrise, evening sky, sundown, sun setting",
    "forest": "woods, forest, jungle, woodland, rainforest, rain forest, wood clearing, forest clearing, "
    "green forest, pine forest, deep forest, enchanted forest, magical forest, dark forest, bamboo forest, "
    "forest floor, clearing in the forest, clearing, among the trees, between the trees, tropical jungle, "
    "swamp",
    "desert": "pyramids, pyramid, dunes, sand dunes, sand dune, sahara, sandy desert, desert landscape, "
    "dune, desert dunes, "
    "wasteland",
    "street": "city street, road, street, town, village, avenue, alley, busy street, parking lot, highway, "
    "sidewalk, pavement, shopping street, crossroads, city road, village street, crosswalk, town square, "
    "market, marketplace, downtown street, lane, cobblestone street, square in town, race track",
    "room": "living room, bedroom, room, indoors, indoor, wooden floor, floor, nursery, lounge, apartment, "
    "interior, cozy room, cosy room, inside a house, inside the house, carpet, rug, classroom, office, "
    "bathroom, at home, children's room, kids room, playroom, hotel room, dining room, cozy living room, "
    "by the window, by a window, at the window, near the window, near a window, next to a window, "
    "through a window, "
    "through the window, out of the window, out of a window, "
    "cosy living room, hallway, old attic, attic, wall, windowsill, window sill, by the fireplace",
    "mountains": "mountain, mountains, alps, snowy mountains, mountain range, mountain landscape, valley, "
    "peaks, mountain peak, rocky mountains, snow capped mountains, mountain valley, mountain top, "
    "mountaintop, cliff, snow capped peaks, snowy mountain, snowy peaks, canyon, himalayas, summit, "
    "volcano, rocky landscape",
    "garden": "flower garden, garden, backyard, park, city park, flower bed, flower beds, yard, orchard, "
    "rose garden, botanical garden, playground, front yard, blooming garden, vegetable garden, "
    "back garden, zoo",
    "lake": "lake, pond, river, lakeside, riverside, riverbank, river bank, by the lake, mountain lake, "
    "calm lake, stream, lagoon, lake shore, lakeshore, by the river, creek, waterside, edge of a lake, "
    "puddle",
    "farm": "farm, farmyard, farm field, farmland, barnyard, ploughed field, plowed field, corn field, "
    "cornfield, wheat field, field of wheat, fields, vineyard, ranch, crop field, rice field, "
    "pumpkin patch, golden field",
    "kitchen": "kitchen, kitchen counter, countertop, kitchen table, counter, bakery, modern kitchen, cafe, "
    "coffee shop, restaurant, stove, diner, cooking kitchen, café",
    "library": "library, bookshop, book store, bookstore, bookshelf, bookshelves, bookcase, "
    "shelves of books, old library, shelf of books, shelf, reading room, study room, wall of books, "
    "bookshelves in the back",
    "underwater": "underwater, under water, under the sea, under the water, beneath the sea, coral reef, "
    "reef, bottom of the sea, bottom of the ocean, at the bottom of the sea, sea floor, seabed, "
    "ocean floor, deep sea, aquarium, fish tank, beneath the waves, below the surface, under the ocean, "
    "deep under water, deep ocean, beneath the ocean",
    "space": "outer space, deep space, space, galaxy, cosmos, nebula, universe, orbit, in orbit, "
    "stars and planets, starfield, star field, the void, lunar surface, surface of the moon, on the moon, "
    "on mars",
    "cave": "cave, cavern, grotto, mine, underground, tunnel, dungeon, rocky cave, crystal cave, "
    "dark cave, cellar",
    "stage": "stage, concert stage, theatre, theater, spotlight, on stage, theatre stage, concert hall, "
    "circus, theater stage, opera house, red curtains, red curtain, stage lights, concert, "
    "in the spotlight, podium",
    "skyline": "skyline, city skyline, skyscrapers, skyscraper, downtown, city, big city, new york, "
    "cityscape, metropolis, urban skyline, tall buildings, rooftops, rooftop, modern city, "
    "high rise buildings, futuristic city, manhattan, new york city, tokyo, london, paris, cyberpunk city, "
    "high rises",
    "autumn forest": "autumn forest, fall forest, autumn woods, fall foliage, autumn park, autumn trees, "
    "autumn leaves, autumn, in autumn, in the fall, fall woods, autumn landscape, autumnal forest, "
    "golden forest, autumn foliage, forest in autumn, woods in autumn, forest in the fall",
}
LIGHT_NAMES = {
    "dusk": "dusk, dawn, twilight, golden hour, evening, evening light, blue hour, at dusk, at dawn, "
    "early morning, late afternoon, morning light, warm evening light, sunset light, golden light, "
    "at golden hour, in the evening, warm light, golden hour lighting",
    "night": "night, at night, nighttime, night time, moonlight, midnight, moonlit, by moonlight, "
    "in the dark, in the moonlight, nocturnal, late at night, dark night, darkness, moonlit night, "
    "under the moonlight, by night",
    "rain": "rain, raining, rainy, rainy day, in the rain, rainfall, heavy rain, rainstorm, thunderstorm, "
    "storm, stormy, drizzle, pouring rain, downpour, wet weather, stormy weather, rainy weather, monsoon, "
    "raindrops",
    "snowfall": "snowing, snowfall, falling snow, snowstorm, blizzard, snowy day, heavy snow, snow falling, "
    "snow is falling, falling snowflakes, snowflakes falling, while it snows, snow storm, snowy weather",
    "fog": "fog, foggy, mist, misty, haze, hazy, in the fog, foggy day, in the mist, foggy morning, "
    "misty morning, thick fog, heavy fog, dense fog, morning mist, morning fog, smog, foggy weather, "
    "shrouded in mist",
}
WEATHERS = {"snowy": "snowfall", "rainy": "rain", "foggy": "fog", "misty": "fog", "moonlit": "night",
            "snow covered": "snowfall", "wintry": "snowfall", "winter": "snowfall", "stormy": "rain",
            "hazy": "fog", "nighttime": "night"}  # fmt: skip
STYLE_NAMES = {
    "photo": "photo, photograph, photorealistic, photo realistic, photography, realistic, hyperrealistic, "
    "hyper realistic, realistic photo, dslr, dslr photo, color photo, colour photo, snapshot, cinematic, "
    "professional photo, cinematic photo, real life, ultra realistic, realism, photographic, product photo, "
    "stock photo, macro photo, studio photo, movie still, film still, realistic style, photorealism, "
    "lifelike, portrait photo, national geographic, 35mm photo, polaroid, photo of",
    "watercolour": "watercolour, watercolor, water color, water colour, watercolor painting, "
    "watercolour painting, aquarelle, gouache, watercolor illustration, watercolour style, "
    "watercolor style, painted in watercolour, painted in watercolor, watercolors, watercolours, "
    "watercolour illustration, in watercolor, in watercolour",
    "oil": "oil painting, oil on canvas, oil paint, oil paints, painting, impressionist painting, "
    "impressionism, impressionist, in oil, in oils, van gogh, by van gogh, painted in oil, "
    "acrylic painting, old master, monet, impasto, classical painting, oil painting style, "
    "renaissance painting, canvas painting, painterly",
    "pencil": "pencil drawing, pencil sketch, sketch, drawing, graphite drawing, hand drawn, "
    "charcoal drawing, charcoal sketch, pencil art, coloured pencil drawing, colored pencil drawing, "
    "sketched, sketch style, graphite, line drawing, hand drawing, doodle, crayon drawing, pencil style, "
    "rough sketch, pencil illustration",
    "ink": "ink drawing, ink, pen and ink, line art, lineart, pen drawing, ink sketch, woodcut, engraving, "
    "etching, linocut, ink wash, ink painting, sumi e, ink illustration, brush and ink, india ink, "
    "ink style, calligraphic ink",
    "pixel art": "pixel art, pixelart, pixel, pixelated, 8 bit, 16 bit, pixel style, pixel art style, "
    "retro game, pixels, 8bit, 16bit, voxel, video game sprite, minecraft, 8 bit style, game boy, "
    "retro video game",
    "neon": "neon, neon glow, neon light, neon lights, glowing neon, neon style, synthwave, vaporwave, "
    "cyberpunk, cyberpunk style, neon colors, neon colours, neon lit, glowing in neon, neon outline, "
    "tron style, blacklight",
    "low poly": "low poly, lowpoly, polygonal, low polygon, low poly art, polygon art, low poly style, "
    "faceted, geometric style, polygon, triangulated, low poly 3d, low poly render",
    "paper cut": "paper cut, papercut, paper cutout, paper cut out, cut paper, papercraft, paper craft, "
    "origami, paper collage, collage, layered paper, paper art, construction paper, paper cut style, "
    "origami style, kirigami",
    "stained glass": "stained glass, stained glass window, mosaic, church window, leaded glass, "
    "stained glass style, stained glass art, tiffany glass, mosaic tiles",
    "black and white": "black and white photo, black and white photograph, black and white photography, "
    "monochrome, black and white picture, black and white image, black and white style, "
    "black and white film, grayscale, greyscale, b w, in black and white, black and white drawing, noir, "
    "film noir, desaturated, bw photo, black and white portrait, monochromatic, daguerreotype, "
    "old black and white photo, vintage photo, old photo",
    "comic": "comic, comic book, comic book style, comic style, manga, anime, cartoon, pop art, "
    "graphic novel, anime style, manga style, cartoon style, comic strip, comic art, cel shaded, "
    "cel shading, cartoonish, comic book art, superhero comic, halftone, roy lichtenstein, comic panel, "
    "cartoon drawing, toon",
}
TYPEFACES = {
    "handwritten": "handwritten, hand written, cursive, script font, handwriting, hand lettered, "
    "calligraphy, script letters, handwritten letters, hand lettering, brush script, in script",
    "bold": "bold, bold letters, bold font, bold text, thick letters, block letters, bold lettering, "
    "big letters, large letters, capital letters, bold capitals, bold type, big bold letters, heavy type, "
    "uppercase letters",
    "comic": "comic sans, comic font, comic letters, comic lettering, funny letters, cartoon letters, "
    "playful font, comic text, cartoon font, bubble letters, playful letters, comic book font, "
    "comic book lettering",
}
COUNTED = {  # the indefinite numbers
    "one": "single, lone, solitary, 1, just one, only one",
    "two": "2, pair of, couple of, a pair of, a couple of, both, twin, double",
    "three": "3, trio of, a few, few, three of, triplet of",
    "four": "4, several, quartet of, four of, various, multiple, assorted",
    "five": "5, five of",
    "six": "6, half a dozen, half dozen, six of, many, lots of, a lot of, flock of, herd of, "
    "swarm of, plenty of, numerous, crowd of, pile of, heap of, countless few",
}
BEYOND = (
    "seven, eight, nine, ten, eleven, twelve, dozen, a dozen, dozens of, hundred, hundreds of, "
    "thousands of, thousand, twenty, fifty, countless, million, a million, endless, fifteen, thirty, "
    "a hundred, one hundred, two dozen, a thousand, infinite, thirteen, fourteen, sixteen, forty, sixty"
)

RELATION_NAMES = {
    "left of": "to the left of, on the left of, on the left side of, left from, at the left of, "
    "to the left side of",
    "right of": "to the right of, on the right of, on the right side of, right from, at the right of, "
    "to the right side of",
    "above": "over, hovering over, flying over, hovering above, flying above, floating over, floating above, "
    "higher than, up above",
    "below": "under, underneath, beneath, lower than",
    "on": "on top of, on the back of, on the head of, on the shoulder of, on the shoulders of, "
    "on the roof of, upon, atop, sitting on, standing on, lying on, resting on, perched on, riding, "
    "riding on, balanced on, placed on, stacked on, stacked on top of, sits on, lies on, stands on, onto, "
    "sitting on top of, rides, riding a top, sitting atop, perched on top of, rests on, perched atop, "
    "standing on top of, balancing on, sat on, rides on",
    "in front of": "before, standing in front of, parked in front of, sitting in front of, ahead of",
    "behind": "in back of, hiding behind, at the back of, standing behind, hidden behind, "
    "peeking from behind",
    "between": "in between, in the middle of, standing between, sitting between, placed between, amid",
    "surrounded by": "encircled by, ringed by, in a circle of, in the middle of a circle of, circled by, "
    "in a ring of, around it are, enclosed by",
}  # fmt: skip
SIZE_NAMES = {
    "big": "large, huge, giant, enormous, massive, gigantic, close up of, closeup of, close up, closeup, "
    "great big, oversized, colossal, tall, very big, very large, towering, monumental, close up photo of, "
    "full frame, macro",
    "small": "little, tiny, mini, miniature, very small, minuscule, wee, very little, tiny little, "
    "toy sized, in the distance, far away, distant",
}
MARKS = {
    "@left": "on the left, on the left side, at the left, to the left, left side, on the left hand side",
    "@right": "on the right, on the right side, at the right, to the right, right side, "
    "on the right hand side",
    "@top": "at the top, on the upper part, in the upper half, up top",
    "@bottom": "at the bottom, on the lower part, in the lower half",
    "@on it": "on its head, on his head, on her head, on top, on its back, on top of it, on its top, "
    "on their heads",
    "@a": "a, an, another, some, any",
    "@the": "the, this, that, these, those, its, his, her, their, my, your, our, same, both of the, said",
    "@it": "it, he, she, they, which, who, it's, he's, she's, they're, that's, which is, who is",
    "@is": "is, are, was, were, be, being, colored, coloured, painted, in, looks, in the colour, "
    "in the color, made of, dyed, that is, that are, turned, colour is, color is",
    "@and": "and, with, with ice, with ice cubes, plus, next to, beside, near, alongside, along with, "
    "together with, close to, "
    "besides, nearby, then, while, but, side by side with, accompanied by, adjacent to, as well as, "
    "including, featuring, containing, around, holding, carrying, has, have, having, also, there is, "
    "there are, full of, filled with, against, facing, opposite, by, behind it, in front, below it, "
    "above it, beneath it, next to it, beside it",
    "@colourful": "colorful, colourful, multicolored, multicoloured, multi colored, multi coloured, "
    "multicolor, "
    "multicolour, rainbow colored, rainbow coloured, brightly colored, brightly coloured, different colored, "
    "different coloured",
    "@or": "or, nor",
    "@joint": "of, at, to, for, as, from, into, inside, within, through, on its, where, sitting, standing, "
    "lying, resting, placed, set, sits, stands, lies, rests, among, amongst, across, during, amidst, "
    "along, onto the, out of, off, towards, toward, up, down, inside of, shows, showing, depicting, "
    "depicts, against a, draw, paint, drawn, appear, appears, seen, visible, located, positioned, "
    "arranged, put, there, here, when, because, so, if, what, how, why, between them",
    "@wearing": "wearing, wears, dressed in, topped with, topped by, crowned with, who wears, that wears, "
    "which wears",
    "@no": "no, not, without, without any, isn't, aren't, is not, are not, never, don't, do not, "
    "don't include, exclude, excluding, except, except for, avoid, minus, lacking, free of, instead of, "
    "rather than, does not have, doesn't have, do not have, don't have, no more, but no, but not, neither, "
    "none of, not a single, zero, dont, doesn't, does not, won't, wasn't, weren't, 0, must not, "
    "should not, shouldn't, devoid of, other than, ain't",
}
FILLERS = (  # words that change nothing in a picture
    "photo quality, picture, image, shot, view, scene, high, quality, highly, very, beautiful, nice, "
    "lovely, says, saying, reading, reads, written, text, word, words, side, together, fresh, please, "
    "make, show, me, i, want, color, colour, really, side by side, delicious, pretty, gorgeous, stunning, "
    "amazing, masterpiece, best, detailed, intricate, 4k, 8k, hd, uhd, hdr, ultra, sharp, focus, "
    "sharp focus, in focus, trending on artstation, artstation, award winning, professional, wonderful, "
    "perfect, cute, adorable, super, extremely, quite, rather, just, only, simply, of course, "
    "illustration, render, 3d render, 3d, clip art, clipart, icon, emoji, wallpaper, artwork, art, "
    "digital art, digital painting, composition, style, style of, in the style of, in a style, "
    "digital illustration, in the background, in the foreground, foreground, in the middle, in the center, "
    "in the centre, in the scene, centered, centred, center, centre, middle, vector, vector art, create, "
    "generate, can, could, would, you, like, would like, we, see, can see, let, imagine, need, give, help, "
    "here is, thanks, thank, hello, hi, day, daytime, daylight, sunny day, sunny, clear day, bright day, "
    "in the sun, under the sun, in daylight, natural light, by day, in sunlight, sunlight, sunshine, "
    "summer, summer day, spring, bright light, beautiful day, good, great, fine, high quality, "
    "best quality, high resolution, high res, hi res, ultra hd, full hd, highly detailed, ultra detailed, "
    "extremely detailed, very detailed, hyper detailed, 8k resolution, 4k resolution, octane render, "
    "unreal engine, nothing but, not only, nothing else, one of, kind of, sort of, bit, a bit, "
    "a little bit, a kind of, type of, s, each other, all, every, each, it all, everything, thing, things, "
    "object, objects, item, items, own, ratio, aspect, resolution, portrait, landscape, portrait of, "
    "close, left, right, top, bottom, upper, lower, group of, bunch of, set of, collection of, number of, "
    "row of, in a row, lined up, stack of, piece of, slice of, depicted, pictured, captured, rendered, "
    "made, done, shaped, version, image of, picture of, view of, scene of, shot of, illustration of, "
    "rendering, rendering of, design, display, displayed, displaying, that says, which says, says the, "
    "with the text, with the word, with the words, the text, the word, the words, letters, lettering, "
    "font, inscription, title, titled, caption, captioned, headline, writing, labelled, labeled, called, "
    "named, spelling, that reads, with the title, has written on it, written on it, lettered, slogan, "
    "message, am, i'd, i'd like, i'm, i want, i would like, let's, there's, we're, you're, isolated on, "
    "bird's, ever, most, more, too, the letter, letter a, should, look, look like, it was, plain, solid, "
    "pure, two objects, three objects, four objects, two things, three things, the following, happily, "
    "peacefully, quietly, gently, proudly, elegantly, calmly, majestic, charming, elegant, magnificent, "
    "spectacular, breathtaking, epic, fantastic, whimsical, cool looking, awesome, incredible, exquisite, "
    "impressive, fur, feathers, plumage, petals"
)
NOUNS = {"orange": "tangerine"}  # colours that are things where nothing follows
