/*
 * @file Grammars as values, and as GBNF, the notation that llama.cpp reads.
 *
 * llama.cpp cannot bear every grammar: a rule that begins with itself, or a repetition of something that can be empty,
 * would send it round in circles. {@link writeGbnf} refuses the first, {@link repeat} does not build the second.
 */
import { CharacterSet } from "./character-set.js";

/** What a rule stands for. */
export type Expression =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "characters"; readonly set: CharacterSet }
  | { readonly kind: "sequence"; readonly parts: readonly Expression[] }
  | { readonly kind: "choice"; readonly alternatives: readonly Expression[] }
  | {
      readonly kind: "repetition";
      readonly of: Expression;
      readonly min: number;
      readonly max: number | undefined;
    }
  | { readonly kind: "rule"; readonly name: string };

/** Rules by name. Names are letters, digits and hyphens. */
export type Rules = ReadonlyMap<string, Expression>;

/** Why a grammar cannot be used. */
export type GrammarFault = "beginsWithItself" | "neverEnds" | "tooLarge";

/** Repetitions are unrolled by llama.cpp, and every element costs time at every token. */
const ELEMENTS_MAX = 20_000;

/** The empty text. */
export const NOTHING: Expression = { kind: "text", text: "" };

export const text = (value: string): Expression => ({ kind: "text", text: value });

export const rule = (name: string): Expression => ({ kind: "rule", name });

export const characters = (set: CharacterSet): Expression => ({ kind: "characters", set });

/** One of the characters from `first` to `last`, e.g. `between("0", "9")`. */
export const between = (first: string, last: string): Expression =>
  characters(CharacterSet.of([first.codePointAt(0) ?? 0, last.codePointAt(0) ?? 0]));

/** One after the other. */
export function sequence(...parts: readonly Expression[]): Expression {
  const flat = parts.flatMap((part) => (part.kind === "sequence" ? part.parts : [part]));
  const filled = flat.filter((part) => part !== NOTHING);
  const [only] = filled;
  if (only === undefined) return NOTHING;
  return filled.length === 1 ? only : { kind: "sequence", parts: filled };
}

/** Any one of at least one. */
export function choice(alternatives: readonly Expression[]): Expression {
  const flat = alternatives.flatMap((one) => (one.kind === "choice" ? one.alternatives : [one]));
  const [only] = flat;
  return flat.length === 1 && only !== undefined ? only : { kind: "choice", alternatives: flat };
}

/** `of` between `min` and `max` times (undefined: without end). `of` must not match the empty text. */
export function repeat(of: Expression, min: number, max: number | undefined): Expression {
  if (max === 0) return NOTHING;
  return min === 1 && max === 1 ? of : { kind: "repetition", of, min, max };
}

export const optional = (of: Expression): Expression => repeat(of, 0, 1);

/** How many elements an expression has when its repetitions are unrolled. */
function elementsOf(expression: Expression): number {
  switch (expression.kind) {
    case "text":
      return Math.max(1, expression.text.length);
    case "characters":
    case "rule":
      return 1;
    case "sequence":
      return sum(expression.parts.map(elementsOf));
    case "choice":
      return sum(expression.alternatives.map(elementsOf));
    case "repetition":
      return elementsOf(expression.of) * Math.max(1, expression.max ?? expression.min);
  }
}

/** The names of all rules that occur in an expression. */
export function rulesIn(expression: Expression): readonly string[] {
  switch (expression.kind) {
    case "text":
    case "characters":
      return [];
    case "rule":
      return [expression.name];
    case "sequence":
      return expression.parts.flatMap(rulesIn);
    case "choice":
      return expression.alternatives.flatMap(rulesIn);
    case "repetition":
      return rulesIn(expression.of);
  }
}

/** The grammar whose root is the rule `root`, as llama.cpp reads it, or why it could not be used. */
export function writeGbnf(rules: Rules): { readonly gbnf: string } | { readonly fault: GrammarFault } {
  if (sum([...rules.values()].map(elementsOf)) > ELEMENTS_MAX) return { fault: "tooLarge" };
  if (!endingRules(rules).has("root")) return { fault: "neverEnds" };
  if (beginsWithItself(rules)) return { fault: "beginsWithItself" };
  return { gbnf: [...rules].map(([name, expression]) => `${name} ::= ${write(expression)}\n`).join("") };
}

/** Rules that match some finite text: found from those that need no others. */
function endingRules(rules: Rules): ReadonlySet<string> {
  const ending = new Set<string>();
  const ends = (expression: Expression): boolean => {
    switch (expression.kind) {
      case "text":
        return true;
      case "characters":
        return !expression.set.isEmpty;
      case "rule":
        return ending.has(expression.name);
      case "sequence":
        return expression.parts.every(ends);
      case "choice":
        return expression.alternatives.some(ends);
      case "repetition":
        return expression.min === 0 || ends(expression.of);
    }
  };
  for (let known = -1; known < ending.size; ) {
    known = ending.size;
    for (const [name, expression] of rules) if (ends(expression)) ending.add(name);
  }
  return ending;
}

function beginsWithItself(rules: Rules): boolean {
  const finished = new Set<string>();
  const open = new Set<string>();
  const isCircular = (name: string): boolean => {
    if (finished.has(name)) return false;
    if (open.has(name)) return true;
    open.add(name);
    const found = firstRules(rules.get(name) ?? NOTHING).some(isCircular);
    open.delete(name);
    finished.add(name);
    return found;
  };
  return [...rules.keys()].some(isCircular);
}

/** The rules with which a match of `expression` can begin. No rule of ours matches the empty text. */
function firstRules(expression: Expression): readonly string[] {
  switch (expression.kind) {
    case "text":
    case "characters":
      return [];
    case "rule":
      return [expression.name];
    case "choice":
      return expression.alternatives.flatMap(firstRules);
    case "repetition":
      return firstRules(expression.of);
    case "sequence": {
      const last = expression.parts.findIndex((part) => !canBeEmpty(part));
      return expression.parts.slice(0, last === -1 ? undefined : last + 1).flatMap(firstRules);
    }
  }
}

/** Whether the empty text matches; rules never do. */
function canBeEmpty(expression: Expression): boolean {
  switch (expression.kind) {
    case "text":
      return expression.text === "";
    case "characters":
    case "rule":
      return false;
    case "sequence":
      return expression.parts.every(canBeEmpty);
    case "choice":
      return expression.alternatives.some(canBeEmpty);
    case "repetition":
      return expression.min === 0 || canBeEmpty(expression.of);
  }
}

function write(expression: Expression): string {
  switch (expression.kind) {
    case "text":
      return `"${Array.from(expression.text, escapeCharacter).join("")}"`;
    case "characters":
      return `[${expression.set.ranges.map(writeRange).join("")}]`;
    case "rule":
      return expression.name;
    case "sequence":
      return expression.parts.map(writeGrouped).join(" ");
    case "choice":
      return expression.alternatives.map(write).join(" | ");
    case "repetition":
      return writeGrouped(expression.of) + quantifier(expression.min, expression.max);
  }
}

function writeGrouped(expression: Expression): string {
  const written = write(expression);
  return ["choice", "sequence", "repetition"].includes(expression.kind) ? `(${written})` : written;
}

function quantifier(min: number, max: number | undefined): string {
  if (max === undefined) return min === 0 ? "*" : min === 1 ? "+" : `{${min},}`;
  return min === 0 && max === 1 ? "?" : min === max ? `{${min}}` : `{${min},${max}}`;
}

const writeRange = ([first, last]: readonly [number, number]) =>
  first === last ? escapeCodePoint(first) : `${escapeCodePoint(first)}-${escapeCodePoint(last)}`;

const escapeCharacter = (character: string) => escapeCodePoint(character.codePointAt(0) ?? 0);

/** Letters and digits mean themselves everywhere; everything else is written by its number. */
function escapeCodePoint(codePoint: number): string {
  const character = String.fromCodePoint(codePoint);
  if (/^[A-Za-z0-9]$/.test(character)) return character;
  const hex = codePoint.toString(16).toUpperCase();
  return codePoint <= 0xff
    ? `\\x${hex.padStart(2, "0")}`
    : codePoint <= 0xffff
      ? `\\u${hex.padStart(4, "0")}`
      : `\\U${hex.padStart(8, "0")}`;
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
