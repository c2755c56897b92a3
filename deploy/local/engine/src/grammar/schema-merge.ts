import { isSchemaObject, quoted, type Schema, Unsatisfiable, unsupported } from "./schema-fault.js";

type Merge = (a: unknown, b: unknown, keyword: string) => unknown;

const both: Merge = (a, b) =>
  a === true ? b : b === true ? a : a === false || b === false ? false : { allOf: [a, b] };
const greater: Merge = (a, b, keyword) => Math.max(number(a, keyword), number(b, keyword));
const less: Merge = (a, b, keyword) => Math.min(number(a, keyword), number(b, keyword));
const common: Merge = (a, b, keyword) => {
  const other = new Set(list(b, keyword).map((value) => JSON.stringify(value)));
  const values = list(a, keyword).filter((value) => other.has(JSON.stringify(value)));
  if (values.length === 0) throw new Unsatisfiable(`both ${quoted(a)} and ${quoted(b)}`);
  return values;
};

/** How two schemas' keywords are one; for all others they must be the same. */
const MERGES: Readonly<Record<string, Merge>> = {
  type: (a, b) => commonTypes(a, b),
  enum: common,
  properties: (a, b, keyword) => {
    const [first, second] = [object(a, keyword), object(b, keyword)];
    const merged = new Map(Object.entries(first));
    for (const [name, schema] of Object.entries(second)) {
      merged.set(name, merged.has(name) ? both(merged.get(name), schema, keyword) : schema);
    }
    return Object.fromEntries(merged);
  },
  required: (a, b, keyword) => [...new Set([...list(a, keyword), ...list(b, keyword)])],
  allOf: (a, b, keyword) => [...list(a, keyword), ...list(b, keyword)],
  items: both,
  additionalProperties: both,
  ...Object.fromEntries(
    ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"].map((keyword) => [
      keyword,
      greater,
    ]),
  ),
  ...Object.fromEntries(
    ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"].map((keyword) => [
      keyword,
      less,
    ]),
  ),
};

/**
 * The schema of values that fit both. `isNote` tells keywords that restrict nothing. Throws `invalid_argument` where
 * that cannot be written as one schema.
 */
export function mergeSchemas(a: Schema, b: Schema, isNote: (keyword: string) => boolean): Schema {
  refuseClosed(a, b);
  refuseClosed(b, a);
  const merged = new Map(Object.entries(a));
  for (const [keyword, value] of Object.entries(b)) {
    const present = merged.get(keyword);
    if (!merged.has(keyword)) merged.set(keyword, value);
    else if (isNote(keyword) || JSON.stringify(present) === JSON.stringify(value)) continue;
    else if (keyword === "const") throw new Unsatisfiable(`both ${quoted(present)} and ${quoted(value)}`);
    else {
      const merge = MERGES[keyword];
      if (merge === undefined) throw unsupported(`an "allOf" with more than one ${quoted(keyword)}`);
      merged.set(keyword, merge(present, value, keyword));
    }
  }
  return Object.fromEntries(merged);
}

/**
 * What one schema says of properties that it does not list would have to be said of those that only the other lists.
 */
function refuseClosed(closed: Schema, other: Schema): void {
  const rest = closed["additionalProperties"];
  if (rest === undefined || rest === true || !isSchemaObject(other["properties"])) return;
  const listed = isSchemaObject(closed["properties"]) ? closed["properties"] : {};
  if (Object.keys(other["properties"]).some((name) => !Object.hasOwn(listed, name))) {
    throw unsupported('"additionalProperties" in one part of an "allOf" and properties in another');
  }
}

function commonTypes(a: unknown, b: unknown): unknown {
  const [first, second] = [a, b].map((types) => (Array.isArray(types) ? types : [types]));
  const shared = (first ?? []).flatMap((type) => {
    if (second?.includes(type)) return [type];
    const isNarrower =
      type === "integer" ? second?.includes("number") : type === "number" && second?.includes("integer");
    return isNarrower ? ["integer"] : [];
  });
  if (shared.length === 0) throw new Unsatisfiable(`both types ${quoted(a)} and ${quoted(b)}`);
  return [...new Set(shared)];
}

function number(value: unknown, keyword: string): number {
  if (typeof value !== "number") throw unsupported(`this ${quoted(keyword)}`);
  return value;
}

function list(value: unknown, keyword: string): readonly unknown[] {
  if (!Array.isArray(value)) throw unsupported(`this ${quoted(keyword)}`);
  return value;
}

function object(value: unknown, keyword: string): Schema {
  if (!isSchemaObject(value)) throw unsupported(`this ${quoted(keyword)}`);
  return value;
}
