/*
 * @file Regular expressions, as JSON Schema's `pattern` has them, to a tree.
 *
 * Understood: characters, `.`, classes with ranges, `\d \D \w \W \s \S`, escapes of characters, groups, `|`, and the
 * quantifiers `? * + {m} {m,} {m,n}`. Everything else (assertions, references back, properties of characters) is
 * refused. So is a pattern that is not anchored at both ends: a grammar cannot guess what may come before and after it.
 */
import { CharacterSet } from "./character-set.js";

export type PatternNode =
  | { readonly kind: "characters"; readonly set: CharacterSet }
  | { readonly kind: "sequence"; readonly parts: readonly PatternNode[] }
  | { readonly kind: "choice"; readonly alternatives: readonly PatternNode[] }
  | {
      readonly kind: "repetition";
      readonly of: PatternNode;
      readonly min: number;
      readonly max: number | undefined;
    };

/** Thrown for what cannot be understood; the message completes "a pattern with …". */
export class PatternFault extends Error {}

const GROUPS_MAX = 32;
const REPETITIONS_MAX = 1000;

const range = (first: string, last: string) => [first.codePointAt(0) ?? 0, last.codePointAt(0) ?? 0] as const;
const DIGITS = CharacterSet.of(range("0", "9"));
const WORD = CharacterSet.of(range("0", "9"), range("A", "Z"), range("a", "z"), range("_", "_"));
const SPACE = CharacterSet.from(
  "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff",
);
const ANY = CharacterSet.from("\n\r\u2028\u2029").complement();
const CLASSES: Readonly<Record<string, CharacterSet>> = {
  d: DIGITS,
  D: DIGITS.complement(),
  w: WORD,
  W: WORD.complement(),
  s: SPACE,
  S: SPACE.complement(),
};
const CONTROLS: Readonly<Record<string, string>> = { t: "\t", n: "\n", v: "\v", f: "\f", r: "\r", "0": "\0" };
const QUANTIFIER = /^(?:[*+?]|\{(\d+)(,(\d*))?\})\??/;

/** The tree of a pattern whose alternatives all begin with `^` and end with `$`. Throws {@link PatternFault}. */
export function parsePattern(pattern: string): PatternNode {
  return new Parser(pattern).parse();
}

class Parser {
  readonly #pattern: string;
  #position = 0;
  #groups = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  parse(): PatternNode {
    const alternatives: PatternNode[] = [];
    do {
      if (!this.#takes("^")) throw new PatternFault("no ^ at its beginning");
      alternatives.push(this.#sequence());
      if (!this.#takes("$")) throw new PatternFault("no $ at its end");
    } while (this.#takes("|"));
    if (this.#position < this.#pattern.length) throw new PatternFault(`an unexpected ${this.#next}`);
    return oneOf(alternatives);
  }

  get #next(): string {
    const codePoint = this.#pattern.codePointAt(this.#position);
    return codePoint === undefined ? "" : String.fromCodePoint(codePoint);
  }

  /** The next character, taken. */
  #take(): string {
    const next = this.#next;
    if (next === "") throw new PatternFault("an end in its middle");
    this.#position += next.length;
    return next;
  }

  #takes(text: string): boolean {
    const isNext = this.#pattern.startsWith(text, this.#position);
    if (isNext) this.#position += text.length;
    return isNext;
  }

  #choice(): PatternNode {
    const alternatives = [this.#sequence()];
    while (this.#takes("|")) alternatives.push(this.#sequence());
    return oneOf(alternatives);
  }

  #sequence(): PatternNode {
    const parts: PatternNode[] = [];
    while (!["", "|", ")", "$"].includes(this.#next)) parts.push(this.#quantified(this.#atom()));
    return { kind: "sequence", parts };
  }

  #atom(): PatternNode {
    const character = this.#take();
    switch (character) {
      case "(":
        return this.#group();
      case "[":
        return { kind: "characters", set: this.#class() };
      case ".":
        return { kind: "characters", set: ANY };
      case "\\":
        return { kind: "characters", set: this.#escape() };
      case "^":
      case "*":
      case "+":
      case "?":
      case "{":
        throw new PatternFault(`an unexpected ${character}`);
      default:
        return { kind: "characters", set: CharacterSet.from(character) };
    }
  }

  #group(): PatternNode {
    if (this.#next === "?" && !this.#takes("?:")) throw new PatternFault("a (? group other than (?:");
    if (++this.#groups > GROUPS_MAX) throw new PatternFault("groups so deep");
    const node = this.#choice();
    this.#groups--;
    if (!this.#takes(")")) throw new PatternFault("a group that does not end");
    return node;
  }

  #quantified(of: PatternNode): PatternNode {
    const [written, least, comma, most] = QUANTIFIER.exec(this.#pattern.slice(this.#position)) ?? [];
    if (written === undefined) return of;
    this.#position += written.length;
    if (QUANTIFIER.test(this.#pattern.slice(this.#position)))
      throw new PatternFault("two quantifiers in a row");
    const min = least === undefined ? Number(written.startsWith("+")) : Number(least);
    const end = comma === undefined ? min : most === "" ? undefined : Number(most);
    const max = least === undefined ? (written.startsWith("?") ? 1 : undefined) : end;
    if (Math.max(min, max ?? 0) > REPETITIONS_MAX)
      throw new PatternFault(`more than ${REPETITIONS_MAX} repetitions`);
    if (max !== undefined && max < min) throw new PatternFault("a quantifier out of order");
    return { kind: "repetition", of, min, max };
  }

  #class(): CharacterSet {
    const isNegated = this.#takes("^");
    let set = CharacterSet.of();
    while (!this.#takes("]")) {
      const first = this.#classMember();
      if (this.#next === "-" && this.#pattern[this.#position + 1] !== "]") {
        this.#take();
        set = set.union(rangeOf(first, this.#classMember()));
      } else {
        set = set.union(first);
      }
    }
    return isNegated ? set.complement() : set;
  }

  #classMember(): CharacterSet {
    const character = this.#take();
    if (character !== "\\") return CharacterSet.from(character);
    return this.#takes("b")
      ? CharacterSet.from("\b")
      : this.#takes("-")
        ? CharacterSet.from("-")
        : this.#escape();
  }

  /** Behind a backslash. */
  #escape(): CharacterSet {
    const character = this.#take();
    const known = CLASSES[character];
    if (known !== undefined) return known;
    const control = CONTROLS[character];
    if (control !== undefined) {
      if (control === "\0" && /^\d/.test(this.#next)) throw new PatternFault("an octal escape");
      return CharacterSet.from(control);
    }
    if (character === "x") return this.#byNumber(/^[0-9a-fA-F]{2}/);
    if (character === "u") return this.#byNumber(/^(?:[0-9a-fA-F]{4}|\{[0-9a-fA-F]{1,6}\})/);
    if (/^[A-Za-z0-9]$/.test(character)) throw new PatternFault(`\\${character}`);
    return CharacterSet.from(character);
  }

  #byNumber(digits: RegExp): CharacterSet {
    const [written] = digits.exec(this.#pattern.slice(this.#position, this.#position + 8)) ?? [];
    if (written === undefined) throw new PatternFault("an escape without a number");
    this.#position += written.length;
    const codePoint = Number.parseInt(written.replace("{", ""), 16);
    const set = codePoint > 0x10ffff ? CharacterSet.of() : CharacterSet.of([codePoint, codePoint]);
    if (set.isEmpty) throw new PatternFault("an escape that is no character");
    return set;
  }
}

function rangeOf(first: CharacterSet, last: CharacterSet): CharacterSet {
  const [from, to] = [first, last].map(({ ranges }) => {
    const [only, other] = ranges;
    return only !== undefined && other === undefined && only[0] === only[1] ? only[0] : undefined;
  });
  if (from === undefined || to === undefined || from > to) throw new PatternFault("a range out of order");
  return CharacterSet.of([from, to]);
}

const oneOf = (alternatives: readonly PatternNode[]): PatternNode => {
  const [only] = alternatives;
  return alternatives.length === 1 && only !== undefined ? only : { kind: "choice", alternatives };
};
