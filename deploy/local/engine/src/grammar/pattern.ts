import { CharacterSet } from "./character-set.js";
import { characters, choice, type Expression, sequence, text } from "./gbnf.js";
import { automatonOf, type LengthBounds } from "./pattern-automaton.js";
import { PatternFault, parsePattern } from "./pattern-tree.js";

const CONTROLS = CharacterSet.of([0, 0x1f]);
/** What a JSON string cannot hold as it is, and how it is written instead. */
const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};
const UNWRITABLE = CONTROLS.union(CharacterSet.from('"\\'));

/**
 * The JSON strings that match `pattern` and have a length within the bounds; undefined if there are none. `ruleFor`
 * names the rule of a state, `define` takes it. Throws {@link PatternFault}.
 */
export function patternStrings(
  pattern: string,
  bounds: LengthBounds,
  ruleFor: (state: number) => Expression,
  define: (state: number, expression: Expression) => void,
): Expression | undefined {
  const states = automatonOf(parsePattern(pattern), bounds);
  if (states === undefined) return undefined;
  for (const [index, { isEnd, steps }] of states.entries()) {
    const alternatives = steps.flatMap(({ set, to }) =>
      inString(set).map((one) => sequence(one, ruleFor(to))),
    );
    if (isEnd) alternatives.push(text('"'));
    if (alternatives.length > 0) define(index, choice(alternatives));
  }
  return sequence(text('"'), ruleFor(0));
}

/**
 * Any character of `set`, escaped where JSON demands it. Control characters without a short escape are left out unless
 * nothing else is in the set.
 */
function inString(set: CharacterSet): readonly Expression[] {
  const plain = set.without(UNWRITABLE);
  const escaped = Object.entries(SHORT_ESCAPES)
    .filter(([character]) => set.has(character.charCodeAt(0)))
    .map(([, written]) => text(written));
  if (!plain.isEmpty || escaped.length > 0)
    return [...(plain.isEmpty ? [] : [characters(plain)]), ...escaped];
  return set.ranges.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, index) => text(unicodeEscape(first + index))),
  );
}

const unicodeEscape = (codePoint: number) => `\\u${codePoint.toString(16).padStart(4, "0")}`;
