import { type MicroLlama, microFromJson } from "@flock/money";
import { FlockAnswerError } from "../client/errors.js";

/*
 * Readers of what the network answers. Each takes what it knows and nothing that merely resembles it. Fields that it
 * does not know are left out: a later version has more of them.
 */

/**
 * Reads a value, or throws a {@link FlockAnswerError} that names `field`.
 * @param field Where the value stands.
 */
export type Decoder<T> = (value: unknown, field: string) => T;

/** A moment as ISO 8601 in UTC, such as `2026-11-22T12:00:00.000Z`. */
export type IsoTime = string;
/** A day in UTC, such as `2026-11-22`. */
export type IsoDay = string;

const DAY: RegExp = /^\d{4}-\d{2}-\d{2}$/;
const TIME: RegExp = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/;

export const text: Decoder<string> = (value, field) =>
  typeof value === "string" ? value : refuse(field, "is not a string");

export const flag: Decoder<boolean> = (value, field) =>
  typeof value === "boolean" ? value : refuse(field, "is neither true nor false");

export const number: Decoder<number> = (value, field) =>
  typeof value === "number" ? value : refuse(field, "is not a number");

/** A whole number, exact in a JavaScript number. */
export const whole: Decoder<number> = (value, field) =>
  Number.isSafeInteger(value) ? number(value, field) : refuse(field, "is not a whole number");

/** Whole µLLAMA. */
export const amount: Decoder<MicroLlama> = (value, field) => {
  try {
    return microFromJson(value);
  } catch {
    return refuse(field, "is not an amount: a string of whole µLLAMA");
  }
};

/** A whole number of any size. */
export const count: Decoder<bigint> = (value, field) =>
  typeof value === "string" && /^\d{1,40}$/.test(value)
    ? BigInt(value)
    : refuse(field, "is not a count: a string of digits");

export const time: Decoder<IsoTime> = (value, field) =>
  typeof value === "string" && TIME.test(value) && !Number.isNaN(Date.parse(value))
    ? value
    : refuse(field, "is not a time in UTC");

export const day: Decoder<IsoDay> = (value, field) =>
  typeof value === "string" && DAY.test(value) ? value : refuse(field, "is not a day");

/** Anything at all, for the reader to look at. */
export const members: Decoder<Readonly<Record<string, unknown>>> = (value, field) => objectOf(value, field);

/** The value, or null for null. A network that does not know the field says null, too: it knows nothing. */
export function orNull<T>(decoder: Decoder<T>): Decoder<T | null> {
  return (value, field) => (value === null || value === undefined ? null : decoder(value, field));
}

/** The value, or undefined where there is none. */
export function optional<T>(decoder: Decoder<T>): Decoder<T | undefined> {
  return (value, field) => (value === undefined ? undefined : decoder(value, field));
}

/** One of these words; `unknown` for any other, which a later version may say. */
export function oneOf<const Word extends string>(words: readonly Word[]): Decoder<Word | "unknown"> {
  return (value, field) => {
    const word = text(value, field);
    return words.find((each) => each === word) ?? "unknown";
  };
}

export function list<T>(decoder: Decoder<T>): Decoder<readonly T[]> {
  return (value, field) =>
    Array.isArray(value)
      ? value.map((each, index) => decoder(each, `${field}[${index}]`))
      : refuse(field, "is not a list");
}

/**
 * An object with these members: `createdAt` is `created_at` on the wire.
 * @param wireNames Of members for which that rule does not hold.
 */
export function object<T extends object>(
  shape: { readonly [Name in keyof Required<T>]: Decoder<T[Name]> },
  wireNames: { readonly [Name in keyof T]?: string } = {},
): Decoder<T> {
  // CAST: the keys of the shape are those of T.
  const names = Object.keys(shape) as (keyof T & string)[];
  const fields = names.map((name) => [name, wireNames[name] ?? wireNameOf(name)] as const);
  return (value, field) => {
    const given = objectOf(value, field);
    const read: Partial<T> = {};
    for (const [name, wireName] of fields)
      read[name] = shape[name](given[wireName], field === "" ? wireName : `${field}.${wireName}`);
    // CAST: every member was read.
    return read as T;
  };
}

/** What stands in the one member of an answer. */
export function inside<T>(wireName: string, decoder: Decoder<T>): Decoder<T> {
  return (value, field) => decoder(objectOf(value, field)[wireName], wireName);
}

function objectOf(value: unknown, field: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return refuse(field, field === "" ? "the answer is not a JSON object" : "is not an object");
  // CAST: a JSON object has members by name.
  return value as Record<string, unknown>;
}

function wireNameOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function refuse(field: string, message: string): never {
  throw new FlockAnswerError(field, message);
}
