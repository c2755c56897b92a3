import fc from "fast-check";
import { withChanges } from "./bytes.js";
import { nastyText } from "./text.js";

/* JSON that is almost right: documents with other values, names, depths and counts in some places. */

/** As texts, because a value cannot say all that a text can: a name twice, `1e400`, half a surrogate pair. */
const nastyValue: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    ...[
      "null",
      "true",
      "false",
      "0",
      "-0",
      "-1",
      "1.5",
      "1e400",
      "-1e400",
      "1e-400",
      "2147483648",
      "4294967296",
    ],
    ...[
      "9007199254740993",
      "18446744073709551616",
      "1e21",
      "0.1e1",
      '""',
      "[]",
      "{}",
      "[[]]",
      "[null]",
      "[{}]",
    ],
    ...['{"__proto__":{"a":1}}', '{"constructor":{"prototype":{}}}', '"\\ud800"', '"\\u0000"', '{"":""}'],
    ...['{"toString":1}', '{"length":4294967295}', '{"type":"object"}', '{"$ref":"#"}', '{"a":1,"a":2}'],
    "[".repeat(120) + "]".repeat(120),
    `${'{"a":'.repeat(100)}1${"}".repeat(100)}`,
    "[".repeat(5_000),
    `[${"0,".repeat(2_000)}0]`,
    `"${"x".repeat(10_000)}"`,
  ),
  nastyText.map((text) => JSON.stringify(text)),
  nastyText,
);

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type Path = readonly (string | number)[];

/** A place of the document that is written in another way. */
interface Change {
  readonly path: Path;
  readonly how: "replace" | "remove" | "twice" | "rename";
  readonly text: string;
}

function pathsOf(value: Json, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const below = Array.isArray(value)
    ? value.flatMap((element, index) => pathsOf(element, [...path, index]))
    : Object.entries(value).flatMap(([name, member]) => pathsOf(member, [...path, name]));
  return [path, ...below];
}

/** Documents as bytes, most of them still JSON. */
export function mutatedJson(seeds: readonly unknown[]): fc.Arbitrary<Buffer> {
  const documents = seeds.map((seed) => {
    // CAST: a seed is JSON, or `undefined` inside, which goes.
    const value = JSON.parse(JSON.stringify(seed)) as Json;
    return { value, paths: pathsOf(value) };
  });
  const how = fc.constantFrom<Change["how"][]>("replace", "replace", "replace", "remove", "twice", "rename");
  const changed = fc
    .constantFrom(...documents)
    .chain(({ value, paths }) =>
      fc
        .array(fc.record({ path: fc.constantFrom(...paths), how, text: nastyValue }), { maxLength: 3 })
        .map((changes) => Buffer.from(written(value, changes))),
    );
  return fc.oneof({ weight: 6, arbitrary: changed }, { weight: 1, arbitrary: withChanges(changed) });
}

function written(value: Json, changes: readonly Change[], path: Path = []): string {
  const here = changes.find((change) => change.how === "replace" && isSame(change.path, path));
  if (here !== undefined) return here.text;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const isIn = (name: string | number) => (change: Change) => isSame(change.path, [...path, name]);
  if (Array.isArray(value)) {
    const elements = value.flatMap((element, index) => {
      const text = written(element, changes, [...path, index]);
      const how = changes.find(isIn(index))?.how;
      return how === "remove" ? [] : how === "twice" ? Array.from({ length: 50 }, () => text) : [text];
    });
    return `[${elements.join(",")}]`;
  }
  const members = Object.entries(value).flatMap(([name, member]) => {
    const text = written(member, changes, [...path, name]);
    const change = changes.find(isIn(name));
    const called = change?.how === "rename" ? JSON.stringify(change.text) : JSON.stringify(name);
    if (change?.how === "remove") return [];
    return change?.how === "twice"
      ? [`${called}:${text}`, `${called}:${change.text}`]
      : [`${called}:${text}`];
  });
  return `{${members.join(",")}}`;
}

function isSame(one: Path, other: Path): boolean {
  return one.length === other.length && one.every((step, index) => step === other[index]);
}
