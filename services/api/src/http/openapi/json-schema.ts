/** A schema of JSON Schema 2020-12, which is that of OpenAPI 3.1. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

export type Properties = Readonly<Record<string, JsonSchema>>;

const NAME = Symbol("name in the document");

/** The schema under a name of its own: the document has it once, and a reference wherever it is used. */
export function named(name: string, schema: JsonSchema): JsonSchema {
  return Object.assign({ ...schema }, { [NAME]: name });
}

export function nameOf(schema: object): string | undefined {
  const { [NAME]: name } = schema as { readonly [NAME]?: string };
  return name;
}

export function string(description: string, more: JsonSchema = {}): JsonSchema {
  return { type: "string", description, ...more };
}

export function integer(description: string, more: JsonSchema = {}): JsonSchema {
  return { type: "integer", description, ...more };
}

export function number(description: string, more: JsonSchema = {}): JsonSchema {
  return { type: "number", description, ...more };
}

export function flag(description: string, more: JsonSchema = {}): JsonSchema {
  return { type: "boolean", description, ...more };
}

export function list(items: JsonSchema, description: string, more: JsonSchema = {}): JsonSchema {
  return { type: "array", items, description, ...more };
}

/** One of these texts. */
export function oneOf(values: readonly string[], description: string): JsonSchema {
  return { type: "string", enum: [...values], description };
}

/** This text alone. */
export function always(value: string): JsonSchema {
  return { type: "string", const: value };
}

export function either(description: string, ...alternatives: readonly JsonSchema[]): JsonSchema {
  return { description, anyOf: alternatives };
}

/** The schema, or null. */
export function orNull(schema: JsonSchema): JsonSchema {
  return { anyOf: [schema, { type: "null" }] };
}

/** A JSON object of which nothing is said. */
export function anyObject(description: string): JsonSchema {
  return { type: "object", description };
}

/** An object of a request. Members that are not named are ignored. */
export function asked(properties: Properties, required: readonly string[] = []): JsonSchema {
  return { type: "object", properties, ...(required.length === 0 ? {} : { required: [...required] }) };
}

/** An object of an answer: all members are there, but those in `optional`. */
export function told(properties: Properties, optional: readonly string[] = []): JsonSchema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: "object", properties, ...(required.length === 0 ? {} : { required }) };
}
