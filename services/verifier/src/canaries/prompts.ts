import { randomInt } from "node:crypto";

/*
 * What workers are asked that need evidence and have no clients. The parts go together in hundreds of thousands of
 * ways, and look like what people ask: a worker that answered these alone honestly would have to know all of them.
 */

const FORMS: readonly ((topic: string, number: number) => string)[] = [
  (topic, number) => `Explain ${topic} in about ${number} words.`,
  (topic, number) => `Give me ${1 + (number % 7)} facts about ${topic}.`,
  (topic) => `What should a beginner know about ${topic}?`,
  (topic, number) => `Write a short story about ${topic} that has the number ${number} in it.`,
  (topic) => `Why are people interested in ${topic}?`,
  (topic, number) => `I have ${number} minutes to prepare a talk about ${topic}. Where do I begin?`,
  (topic) => `Describe ${topic} to a child.`,
  (topic, number) => `Write ${2 + (number % 4)} questions for a quiz about ${topic}, with the answers.`,
  (topic) => `What are common mistakes in ${topic}?`,
  (topic, number) => `Plan a lesson of ${number} minutes about ${topic}.`,
  (topic) => `Write a letter to a friend about ${topic}.`,
  (topic) => `Compare ${topic} today with a hundred years ago.`,
];

const SUBJECTS: readonly string[] = [
  ...["baking bread", "growing tomatoes", "keeping bees", "the moon", "tides", "river fishing", "volcanoes"],
  ...[
    "chess openings",
    "long-distance running",
    "the history of paper",
    "lighthouses",
    "railways",
    "bridges",
  ],
  ...["making cheese", "wooden boats", "migrating birds", "mountain weather", "old maps", "clocks", "glass"],
  ...[
    "learning the violin",
    "street markets",
    "tea",
    "coffee roasting",
    "deserts",
    "coral reefs",
    "wind power",
  ],
  ...[
    "knitting",
    "bookbinding",
    "planting trees",
    "sign language",
    "the printing press",
    "salt",
    "city parks",
  ],
  ...["stargazing", "making soap", "swimming", "pottery", "snow", "sleep", "memory", "good handwriting"],
];

const PLACES: readonly string[] = [
  ...[
    "",
    " in Peru",
    " in Norway",
    " in Kenya",
    " in Japan",
    " in Italy",
    " in Canada",
    " in India",
    " in Chile",
  ],
  ...[
    " by the sea",
    " in the mountains",
    " in a small flat",
    " in winter",
    " in summer",
    " on a farm",
    " at school",
  ],
];

function one<T>(of: readonly T[]): T {
  const chosen = of[randomInt(of.length)];
  if (chosen === undefined) throw new Error("there is nothing to choose from");
  return chosen;
}

/** Another prompt each time. */
export function canaryPrompt(): string {
  return one(FORMS)(`${one(SUBJECTS)}${one(PLACES)}`, 10 + randomInt(190));
}

/** How it is to be answered: as clients ask, some greedily, some as their model likes. */
export function canaryOptions(): Readonly<Record<string, number>> {
  const seed = randomInt(2 ** 31 - 1);
  const num_predict = 48 + randomInt(80);
  return randomInt(2) === 0
    ? { temperature: 0, seed, num_predict }
    : { temperature: one([0.3, 0.7, 0.8, 1]), seed, num_predict };
}
