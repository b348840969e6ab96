// Prompts to begin with. The built-in model knows a few hundred words; a large model is given what suits it.
const SMALL = [
  "a red fox beside a blue mushroom in a forest at night",
  "three yellow ducks on a lake at sunset",
  "a white cat on a wooden table beside a green teapot, watercolour",
  "a pink flamingo on a beach in the rain",
  'a purple dragon beside a sign that says "hello"',
  "an astronaut and a rocket in the desert under a starry night",
  "two penguins and a snowman in the snow",
  "a red guitar on a stage, neon",
];
const LARGE = [
  "A weathered lighthouse on a basalt cliff, storm light breaking through, 35 mm photograph",
  "Still life of pears and pewter on linen, chiaroscuro, oil on panel",
  "Isometric cutaway of a tiny bookshop at night, warm lamps, rain outside",
  'A letterpress poster that says "SLOW DOWN", two colours, visible paper grain',
  "Macro photograph of frost on a red maple leaf, shallow depth of field",
  "A quiet Tokyo side street after rain, reflections, anamorphic film still",
];

export function examplesFor(model) {
  return model.engine === "nano" ? SMALL : LARGE;
}
