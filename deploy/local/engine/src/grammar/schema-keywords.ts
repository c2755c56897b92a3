/* The keywords of JSON Schema: which say something about which types, and how their values are read. */
import type { LengthBounds } from "./pattern-automaton.js";
import { isSchemaObject, quoted, type Schema, Unsatisfiable, unsupported } from "./schema-fault.js";

/** Lengths and item counts: llama.cpp unrolls repetitions. */
const REPETITIONS_MAX = 1000;

/** Keywords that say nothing about which values are valid. */
const NOTES = new Set([
  ...[
    "$schema",
    "$id",
    "$comment",
    "$anchor",
    "$defs",
    "definitions",
    "title",
    "description",
    "default",
    "examples",
  ],
  ...[
    "example",
    "deprecated",
    "readOnly",
    "writeOnly",
    "contentEncoding",
    "contentMediaType",
    "strict",
    "name",
  ],
  // OpenAPI: also allows null, which nothing obliges to write.
  "nullable",
]);
export const BOUNDS = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"] as const;
export const BY_TYPE: Readonly<Record<string, readonly string[]>> = {
  object: [
    ...["properties", "required", "additionalProperties", "unevaluatedProperties"],
    ...["minProperties", "maxProperties"],
  ],
  array: [
    "items",
    "prefixItems",
    "additionalItems",
    "unevaluatedItems",
    "minItems",
    "maxItems",
    "uniqueItems",
  ],
  string: ["minLength", "maxLength", "pattern", "format"],
  number: [...BOUNDS, "multipleOf"],
  integer: [...BOUNDS, "multipleOf"],
  boolean: [],
  null: [],
};

export const isNote = (keyword: string) => NOTES.has(keyword);

/** The declared types; without any, those that the schema says something about, or all. */
export function typesOf(schema: Schema): readonly string[] {
  const declared = schema["type"];
  if (typeof declared === "string") return [declared];
  if (Array.isArray(declared) && declared.length > 0) return [...new Set(declared.map(String))];
  if (declared !== undefined) throw unsupported(`"type": ${quoted(declared)}`);
  const types = Object.keys(BY_TYPE).filter((type) => type !== "integer");
  const meant = types.filter((type) => BY_TYPE[type]?.some((keyword) => keyword in schema));
  return meant.length > 0 ? meant : types;
}

export function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case "object":
      return isSchemaObject(value);
    case "array":
      return Array.isArray(value);
    case "null":
      return value === null;
    case "integer":
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

/** Two keywords that bound a length or a count. */
export function sizes(schema: Schema, least: string, most: string): LengthBounds {
  for (const keyword of [least, most]) {
    const size = schema[keyword];
    const isSize = Number.isInteger(size) && Number(size) >= 0 && Number(size) <= REPETITIONS_MAX;
    if (size !== undefined && !isSize) throw unsupported(`this ${quoted(keyword)}`);
  }
  const min = Number(schema[least] ?? 0);
  const max = schema[most] === undefined ? undefined : Number(schema[most]);
  if (max !== undefined && max < min)
    throw new Unsatisfiable(`both this ${quoted(least)} and this ${quoted(most)}`);
  return { min, max };
}

export function listOf(value: unknown, keyword = "allOf"): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw unsupported(`this ${quoted(keyword)}`);
  return value;
}

export function allowOnly(schema: Schema, keywords: readonly string[]): void {
  const other = Object.keys(schema).find((key) => !keywords.includes(key) && !isNote(key));
  if (other !== undefined) throw unsupported(`the schema keyword ${quoted(other)} here`);
}
