/**
 * @file JSON Schema, as clients send it in `format`, to the subset that node-llama-cpp can turn into a grammar.
 *
 * The promise is that the output fits the schema. So a keyword that restricts values and cannot be put into the grammar
 * is refused by name, annotations are dropped, and where several outputs would fit, fewer are allowed (all listed
 * properties are written, no others). References work to the root's `$defs` or `definitions`.
 */
import { FlockError } from "@flock/errors";
import type { GbnfJsonSchema } from "node-llama-cpp";

const DEPTH_MAX = 32;
/** Schemas and enumerated values together: what a token costs grows with the alternatives. */
const NODES_MAX = 300;
/** Lengths and item counts: llama.cpp unrolls repetitions. */
const REPETITIONS_MAX = 1000;
const TEXT_CHARACTERS_MAX = 32_768;

type Json = Readonly<Record<string, unknown>>;

/** Keywords that say nothing about which values are valid, or that `format: "json"` cannot get wrong. */
const ANNOTATIONS = new Set([
  ...["$schema", "$id", "$comment", "$anchor", "title", "description", "default", "examples", "example"],
  ...["deprecated", "readOnly", "writeOnly", "contentEncoding", "contentMediaType", "strict", "name"],
]);
const BY_TYPE: Readonly<Record<string, readonly string[]>> = {
  object: ["properties", "required", "additionalProperties"],
  array: ["items", "prefixItems", "minItems", "maxItems"],
  string: ["minLength", "maxLength", "format"],
  number: [],
  integer: [],
  boolean: [],
  null: [],
};
const TEXT_FORMATS = ["date-time", "date", "time"];

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const unsupported = (what: string) =>
  new FlockError("invalid_argument", `format: ${what} is not supported by this engine`);

/** Throws `invalid_argument` naming the keyword that is unsupported or malformed. */
export function toGrammarSchema(schema: Json): GbnfJsonSchema {
  if (JSON.stringify(schema).length > TEXT_CHARACTERS_MAX) throw unsupported("a schema this large");
  const definitions = schema["$defs"] ?? schema["definitions"];
  if (definitions !== undefined && !isObject(definitions))
    throw unsupported('a "$defs" that is not an object');
  const converter = new Converter(new Set(Object.keys(definitions ?? {})));
  const { $defs: _defs, definitions: _definitions, ...root } = schema;
  const converted = converter.convert(root, 0);
  if (definitions === undefined) return converted;
  const entries = Object.entries(definitions).map(([name, value]) => [name, converter.convert(value, 1)]);
  // CAST: the package's types follow definitions by name, which a schema from a client does not have.
  return { ...converted, $defs: Object.fromEntries(entries) } as GbnfJsonSchema;
}

class Converter {
  readonly #definitions: ReadonlySet<string>;
  #nodes = 0;

  constructor(definitions: ReadonlySet<string>) {
    this.#definitions = definitions;
  }

  convert(schema: unknown, depth: number): GbnfJsonSchema {
    if (depth > DEPTH_MAX) throw unsupported("a schema this large");
    this.#count(1);
    if (schema === true) return this.convert({}, depth);
    if (!isObject(schema)) throw unsupported(`the schema ${JSON.stringify(schema)}`);
    if ("$ref" in schema) return this.#reference(schema);
    const alternatives = schema["anyOf"] ?? schema["oneOf"];
    if (alternatives !== undefined) return this.#alternatives(schema, alternatives, depth);
    if (Array.isArray(schema["allOf"]) && schema["allOf"].length === 1) {
      const { allOf, ...rest } = schema;
      return this.convert({ ...rest, ...(allOf as Json[])[0] }, depth + 1);
    }
    if ("const" in schema) return this.#literals(schema, "const", [schema["const"]]);
    if ("enum" in schema) return this.#literals(schema, "enum", schema["enum"]);
    return this.#typed(schema, depth);
  }

  #reference(schema: Json): GbnfJsonSchema {
    allowOnly(schema, ["$ref"]);
    const name = /^#\/(?:\$defs|definitions)\/(.+)$/.exec(String(schema["$ref"]))?.[1];
    if (name === undefined || !this.#definitions.has(name))
      throw unsupported(`"$ref": ${JSON.stringify(schema["$ref"])}`);
    // CAST: see toGrammarSchema.
    return { $ref: `#/$defs/${name}` } as unknown as GbnfJsonSchema;
  }

  #alternatives(schema: Json, alternatives: unknown, depth: number): GbnfJsonSchema {
    allowOnly(schema, ["anyOf", "oneOf", "type"]);
    if (!Array.isArray(alternatives) || alternatives.length === 0)
      throw unsupported('an "anyOf" without alternatives');
    return { oneOf: alternatives.map((alternative) => this.convert(alternative, depth + 1)) };
  }

  #literals(schema: Json, keyword: string, values: unknown): GbnfJsonSchema {
    allowOnly(schema, [keyword, "type"]);
    const isScalar = (value: unknown): value is string | number | boolean | null =>
      value === null || ["string", "number", "boolean"].includes(typeof value);
    if (!Array.isArray(values) || values.length === 0 || !values.every(isScalar))
      throw unsupported(`this "${keyword}"`);
    this.#count(values.length);
    return { enum: values };
  }

  #count(nodes: number): void {
    this.#nodes += nodes;
    if (this.#nodes > NODES_MAX) throw unsupported("a schema this large");
  }

  #typed(schema: Json, depth: number): GbnfJsonSchema {
    const types = typesOf(schema);
    allowOnly(schema, ["type", ...types.flatMap((type) => BY_TYPE[type] ?? [])]);
    const converted = types.map((type) => this.#ofType(type, schema, depth));
    const [only] = converted;
    return converted.length === 1 && only !== undefined ? only : { oneOf: converted };
  }

  #ofType(type: string, schema: Json, depth: number): GbnfJsonSchema {
    switch (type) {
      case "object":
        return this.#object(schema, depth);
      case "array":
        return this.#array(schema, depth);
      case "string":
        return TEXT_FORMATS.includes(String(schema["format"]))
          ? { type, format: schema["format"] as "date" }
          : { type, ...sizes(schema, ["minLength", "maxLength"]) };
      case "number":
      case "integer":
      case "boolean":
      case "null":
        return { type };
      default:
        throw unsupported(`"type": ${JSON.stringify(type)}`);
    }
  }

  #object(schema: Json, depth: number): GbnfJsonSchema {
    const properties = schema["properties"] ?? {};
    if (!isObject(properties)) throw unsupported('a "properties" that is not an object');
    for (const name of (schema["required"] as unknown[] | undefined) ?? []) {
      if (!Object.hasOwn(properties, String(name)))
        throw unsupported(`the required but undescribed property "${name}"`);
    }
    const entries = Object.entries(properties).map(
      ([name, value]) => [name, this.convert(value, depth + 1)] as const,
    );
    if (entries.length > 0) return { type: "object", properties: Object.fromEntries(entries) };
    const others = schema["additionalProperties"] ?? true;
    return {
      type: "object",
      additionalProperties: typeof others === "boolean" ? others : this.convert(others, depth + 1),
    };
  }

  #array(schema: Json, depth: number): GbnfJsonSchema {
    const prefix = schema["prefixItems"];
    if (prefix !== undefined && !Array.isArray(prefix))
      throw unsupported('a "prefixItems" that is not an array');
    return {
      type: "array",
      ...(schema["items"] === undefined ? {} : { items: this.convert(schema["items"], depth + 1) }),
      ...(prefix === undefined ? {} : { prefixItems: prefix.map((item) => this.convert(item, depth + 1)) }),
      ...sizes(schema, ["minItems", "maxItems"]),
    };
  }
}

function typesOf(schema: Json): string[] {
  const declared = schema["type"];
  if (typeof declared === "string") return [declared];
  if (Array.isArray(declared) && declared.length > 0) return declared.map(String);
  if (declared !== undefined) throw unsupported(`"type": ${JSON.stringify(declared)}`);
  if ("properties" in schema) return ["object"];
  return "items" in schema || "prefixItems" in schema ? ["array"] : Object.keys(BY_TYPE);
}

function sizes(schema: Json, keywords: readonly string[]): Record<string, number> {
  const present = keywords.filter((keyword) => schema[keyword] !== undefined);
  for (const keyword of present) {
    const size = schema[keyword];
    if (!Number.isInteger(size) || Number(size) < 0 || Number(size) > REPETITIONS_MAX) {
      throw unsupported(`this "${keyword}"`);
    }
  }
  return Object.fromEntries(present.map((keyword) => [keyword, Number(schema[keyword])]));
}

function allowOnly(schema: Json, keywords: readonly string[]): void {
  const other = Object.keys(schema).find((key) => !keywords.includes(key) && !ANNOTATIONS.has(key));
  if (other !== undefined) throw unsupported(`the schema keyword "${other}" here`);
}
