import fc from "fast-check";

/* Texts that are almost right. */

/** What has been somebody's undoing before. */
export const NASTY_TEXTS: readonly string[] = [
  "",
  " ",
  "\0",
  "\n",
  "\r\n",
  "\u2028",
  "\ufeff",
  "\ud800",
  "\udfff",
  "𝕏",
  "é",
  "e\u0301",
  "\u202e",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "null",
  "undefined",
  "NaN",
  "-0",
  "1e400",
  "-1",
  "0x10",
  "9007199254740993",
  "18446744073709551616",
  "0".repeat(400),
  "9".repeat(400),
  "A".repeat(5_000),
  "../../etc/passwd",
  "%00",
  "%2f..%2f",
  "%",
  "{{.}}",
  "$(id)",
  "a:b@c",
  "[::1]",
  "1970-01-01T00:00:00.000Z",
  "+275760-09-13T00:00:00.001Z",
  ",",
  ",,,",
  ".",
  ">",
  "*",
  "=",
  ";",
  '"',
  "'",
  "\\",
  "[",
  "{",
];

export const nastyText = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...NASTY_TEXTS) },
  { weight: 1, arbitrary: fc.string({ maxLength: 20, unit: "binary" }) },
);

type Change = (text: string) => string;
const place = fc.nat(0xffff);

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(place, nastyText).map(
    ([at, piece]): Change =>
      (text) =>
        replaced(text, at, 0, piece),
  ),
  fc.tuple(place, nastyText).map(
    ([at, piece]): Change =>
      (text) =>
        replaced(text, at, piece.length, piece),
  ),
  fc.tuple(place, fc.integer({ min: 1, max: 16 })).map(([at, length]): Change => {
    return (text) => replaced(text, at, length, "");
  }),
  place.map(
    (at): Change =>
      (text) =>
        text.slice(0, at % (text.length + 1)),
  ),
  fc.tuple(place, place, fc.constantFrom(1, 2, 50)).map(
    ([at, from, times]): Change =>
      (text) => {
        const [one, other] = [at % (text.length + 1), from % (text.length + 1)].sort((a, b) => a - b);
        return text.slice(0, other) + text.slice(one, other).repeat(times) + text.slice(other);
      },
  ),
  fc.constantFrom<Change>(
    (text) => text.toUpperCase(),
    (text) => text.toLowerCase(),
    (text) => text.split("\n").reverse().join("\n"),
    (text) => text.replace(/\d+/, "99999999999999999999"),
    (text) => `${text}\n`,
    (text) => text.trim(),
  ),
);

const LENGTH_MAX = 200_000;

/** One of the seeds with up to four changes; and now and then a text of no kind. */
export function mutatedText(seeds: readonly string[] | fc.Arbitrary<string>): fc.Arbitrary<string> {
  const seed = seeds instanceof fc.Arbitrary ? seeds : fc.constantFrom(...seeds);
  return fc.oneof(
    {
      weight: 10,
      arbitrary: fc.tuple(seed, fc.array(change, { maxLength: 4 })).map(([text, changes]) => {
        return changes.reduce((changed, one) => one(changed).slice(0, LENGTH_MAX), text);
      }),
    },
    { weight: 1, arbitrary: nastyText },
  );
}

function replaced(text: string, at: number, length: number, by: string): string {
  const from = at % (text.length + 1);
  return text.slice(0, from) + by + text.slice(from + length);
}
