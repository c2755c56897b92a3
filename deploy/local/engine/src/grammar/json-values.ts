/*
 * @file JSON as a grammar: the values that any schema may contain.
 *
 * A writer is more limited than a reader: gaps are short, numbers have an exponent of at most two digits
 * (Infinity is no JSON), and characters are written as they are instead of as `\u` escapes (which could be half a
 * character).
 */
import { CharacterSet } from "./character-set.js";
import {
  between,
  characters,
  choice,
  type Expression,
  NOTHING,
  optional,
  type Rules,
  repeat,
  rule,
  rulesIn,
  sequence,
  text,
} from "./gbnf.js";

const digit = between("0", "9");
const space = optional(text(" "));
/** After an opening bracket or a comma, and before a closing one. */
const gap = optional(choice([text(" "), rule("line")]));
const comma = sequence(text(","), gap);

/** One character of a string. */
export const stringCharacter = rule("character");

/** `"…"` around what is written inside. */
export const quotedText = (inside: Expression): Expression => sequence(text('"'), inside, text('"'));

/** `"name": value`. */
export const property = (name: Expression, value: Expression): Expression =>
  sequence(name, text(":"), space, value);

/** `, item`. */
export const following = (item: Expression): Expression => sequence(comma, item);

/**
 * `min` to `max` items (undefined: without end). `next` is what comes after the first, comma and all: a rule if it is
 * to be repeated often, for llama.cpp refuses to unroll more than 2000 elements.
 */
export function separated(
  item: Expression,
  next: Expression,
  min: number,
  max: number | undefined,
): Expression {
  if (max === 0) return NOTHING;
  const more = repeat(next, Math.max(0, min - 1), max === undefined ? undefined : max - 1);
  return min === 0 ? optional(sequence(item, more)) : sequence(item, more);
}

/** `{…}` or `[…]` around items, which may be none. */
export function bracketed(open: "{" | "[", items: Expression, close: "}" | "]"): Expression {
  return sequence(text(open), gap, ...(items === NOTHING ? [] : [items, gap]), text(close));
}

const natural = choice([text("0"), sequence(between("1", "9"), repeat(digit, 0, 14))]);
const anyNumber = sequence(
  optional(text("-")),
  natural,
  optional(sequence(text("."), repeat(digit, 1, 15))),
  optional(sequence(text("e"), optional(choice([text("+"), text("-")])), repeat(digit, 1, 2))),
);

const anyNumberOf = (item: Expression) => separated(item, following(item), 0, undefined);

const RULES: Rules = new Map([
  ["line", sequence(text("\n"), repeat(text(" "), 0, 16))],
  [
    "character",
    choice([
      characters(CharacterSet.of([0x20, 0x7e], [0x80, 0x10ffff]).without(CharacterSet.from('"\\'))),
      sequence(text("\\"), characters(CharacterSet.from('"\\/bfnrt'))),
    ]),
  ],
  ["string", quotedText(repeat(stringCharacter, 0, undefined))],
  ["number", anyNumber],
  ["boolean", choice([text("true"), text("false")])],
  ["null", text("null")],
  ["array", bracketed("[", anyNumberOf(rule("value")), "]")],
  ["object", bracketed("{", anyNumberOf(property(rule("string"), rule("value"))), "}")],
  ["value", choice(["object", "array", "string", "number", "boolean", "null"].map(rule))],
]);

/** `rules` and those of this file that they name, directly or not. */
export function withJsonRules(rules: Rules): Rules {
  const all = new Map(rules);
  for (const expression of all.values()) {
    for (const name of rulesIn(expression)) {
      const known = RULES.get(name);
      // Iterating over a Map comes by what is added meanwhile.
      if (known !== undefined && !all.has(name)) all.set(name, known);
    }
  }
  return all;
}
