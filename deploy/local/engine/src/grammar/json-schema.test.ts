import { FlockError } from "@flock/errors";
import { grammarOfSchema } from "./json-schema.js";

type Schema = Record<string, unknown>;

function refusal(schema: Schema): FlockError {
  try {
    grammarOfSchema(schema);
  } catch (error) {
    if (error instanceof FlockError) return error;
    throw error;
  }
  throw new Error(`accepted ${JSON.stringify(schema)}`);
}

describe("grammarOfSchema", () => {
  it("writes GBNF whose root is the value, and only the rules that it needs", () => {
    expect(grammarOfSchema({ type: "integer", minimum: 7, maximum: 123 })).toBe(
      'root ::= [7-9] | [1-9] [0-9] | "1" ([0-1] [0-9] | "2" [0-3])\n',
    );
  });

  it.each<[string, Schema]>([
    ["pattern", { type: "string", pattern: "a" }],
    ["pattern", { type: "string", pattern: 5 }],
    ["pattern", { type: "string", pattern: "^a$", format: "date" }],
    ["minimum", { type: "object", properties: { n: { type: "number", minimum: "3" } } }],
    ["exclusiveMinimum", { type: "number", minimum: 3, exclusiveMinimum: true }],
    ["multipleOf", { type: "number", multipleOf: 0.01 }],
    ["uniqueItems", { type: "array", uniqueItems: true }],
    ["contains", { type: "array", contains: { const: 1 } }],
    ["patternProperties", { type: "object", patternProperties: { a: {} } }],
    ["propertyNames", { type: "object", propertyNames: { maxLength: 3 } }],
    ["dependentRequired", { type: "object", dependentRequired: { a: ["b"] } }],
    ["not", { not: { type: "string" } }],
    ["if", { if: {}, else: false }],
    ["$ref", { $ref: "#/$defs/Missing" }],
    ["$ref", { $ref: "#/nope" }],
    ["$ref", { $ref: "https://example.org/schema" }],
    ["$ref", { $ref: "#/%" }],
    ["$ref", { $ref: "#/__proto__" }],
    ["type", { type: "text" }],
    ["type", { type: "constructor" }],
    ["maxLength", { type: "string", maxLength: -1 }],
    ["maxLength", { type: "string", maxLength: 1e9 }],
    ["maxLength", { type: "string", format: "uuid", maxLength: 10 }],
    ["minItems", { type: "array", minItems: 1e6 }],
    ["maxItems", { type: "array", maxItems: 1001 }],
    ["minProperties", { type: "object", minProperties: 2 }],
    ["maxProperties", { properties: { a: {}, b: {} }, maxProperties: 1 }],
    ["allOf", { allOf: { type: "string" } }],
    ["allOf", { allOf: [{ pattern: "^a$" }, { pattern: "^b$" }] }],
    ["additionalProperties", { allOf: [{ additionalProperties: false }, { properties: { a: {} } }] }],
    ["anyOf", { anyOf: [] }],
    ["enum", { enum: [] }],
    ["enum", { enum: "x" }],
    ["minLength", { enum: ["a"], minLength: 3 }],
    ["properties", { properties: [] }],
    ["required", { type: "object", required: "zip" }],
    ["[5]", { anyOf: [[5]] }],
  ])("refuses %s, which it could not guarantee, by name: %j", (keyword, schema) => {
    const { code, message } = refusal(schema);
    expect([code, message]).toEqual(["invalid_argument", expect.stringContaining(keyword)]);
    expect(message).toContain("not supported by this engine");
  });

  it.each<[string, Schema]>([
    ["bounds", { type: "integer", minimum: 3, maximum: 2 }],
    ["bounds", { type: "number", exclusiveMinimum: 1, maximum: 1 }],
    ["minLength", { type: "string", minLength: 3, maxLength: 2 }],
    ["minItems", { prefixItems: [{}], items: false, minItems: 2 }],
    ["zip", { type: "object", required: ["zip"], additionalProperties: false }],
    ["types", { allOf: [{ type: "string" }, { type: "number" }] }],
    ["const", { allOf: [{ const: 1 }, { const: 2 }] }],
    ["enum", { type: "string", enum: [1, 2] }],
    ["false", { properties: { a: false } }],
    ["pattern", { type: "string", pattern: "^a+$", maxLength: 0 }],
    ["contain itself", { properties: { a: { $ref: "#" } }, required: ["a"] }],
    ["contain itself", { $ref: "#" }],
    ["alternative", { anyOf: [false, { type: "integer", minimum: 1, maximum: 0 }] }],
  ])("says that no value can fit %s: %j", (what, schema) => {
    expect(refusal(schema).message).toMatch(/^format: no value can fit /);
    expect(refusal(schema).message).toContain(what === "const" ? "both" : what);
  });

  it("refuses a schema that is itself one of its alternatives, which llama.cpp would follow for ever", () => {
    const schema = {
      $ref: "#/$defs/A",
      $defs: { A: { anyOf: [{ $ref: "#/$defs/A" }, { type: "string" }] } },
    };
    expect(refusal(schema).message).toContain("itself one of its alternatives");
  });

  const nested = (depth: number, wrap: (inner: object) => object) => {
    let schema: object = { type: "string" };
    for (let level = 0; level < depth; level++) schema = wrap(schema);
    // CAST: an object.
    return schema as Schema;
  };

  const choices = Array.from({ length: 20 }, (_, minimum) => ({ minimum }));

  it.each<[string, Schema]>([
    ["values", { enum: Array.from({ length: 301 }, (_, index) => index) }],
    ["alternatives", { anyOf: Array.from({ length: 300 }, () => ({ type: "string" })) }],
    ["characters", { const: "x".repeat(32_768) }],
    ["levels", nested(100, (items) => ({ type: "array", items }))],
    ["allOf", nested(100, (inner) => ({ allOf: [inner] }))],
    ["doublings", nested(9, (inner) => ({ allOf: [inner, inner] }))],
    ["products", { anyOf: choices, allOf: [{ oneOf: choices }, { oneOf: choices, title: "again" }] }],
    ["references", { $ref: "#/$defs/A", $defs: { A: { $ref: "#/$defs/A", minLength: 1 } } }],
    [
      "elements",
      { type: "array", items: Array.from({ length: 30 }, () => ({ type: "string", maxLength: 1000 })) },
    ],
  ])("refuses a schema with more %s than a grammar can check quickly", (_what, schema) => {
    const startedAt = performance.now();
    expect(refusal(schema).message).toContain("a schema this large");
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });
});

describe("a pattern", () => {
  it.each([
    ["no ^ at its beginning", "abc$"],
    ["no $ at its end", "^abc"],
    ["no ^ at its beginning", "^a$|b$"],
    ["no $ at its end", "^a|b$"],
    ["no $ at its end", "^a)b$"],
    ["a group that does not end", "^(a$"],
    ["a (? group other than (?:", "^(?=a)a$"],
    ["a (? group other than (?:", "^(?<name>a)$"],
    ["\\1", "^(a)\\1$"],
    ["\\b", "^a\\b$"],
    ["\\p", "^\\p{L}$"],
    ["an unexpected *", "^*$"],
    ["an unexpected {", "^{2}$"],
    ["two quantifiers in a row", "^a{2}{3}$"],
    ["a quantifier out of order", "^a{3,2}$"],
    ["more than 1000 repetitions", "^a{0,1000000000}$"],
    ["a range out of order", "^[z-a]$"],
    ["a range out of order", "^[\\d-z]$"],
    ["an end in its middle", "^[a$"],
    ["an end in its middle", "^a\\"],
    ["an escape that is no character", "^\\uD800$"],
    ["an escape without a number", "^\\xg0$"],
    ["groups so deep", `^${"(".repeat(33)}a${")".repeat(33)}$`],
  ])("with %s is refused: %s", (what, pattern) => {
    expect(refusal({ type: "string", pattern }).message).toContain(`a "pattern" with ${what}`);
  });

  it.each([
    `^${"a?".repeat(15_000)}$`,
    "^((a{1000}){1000}){1000}$",
    "^(?:(?:(?:){1000}){1000}){1000}$",
    "^[ab]*a[ab]{30}$",
    `^${"(a|b|c|d)*".repeat(200)}x$`,
    `^(${Array.from({ length: 300 }, (_, index) => `[^${String.fromCodePoint(0x4e00 + index)}]{0,4}`).join("")})$`,
    `^${"[a-z]{1,900}".repeat(20)}$`,
  ])("that would make a grammar explode is refused quickly: %.40s", (pattern) => {
    const startedAt = performance.now();
    expect(refusal({ type: "string", pattern }).message).toMatch(/a "pattern" with (more|so)/);
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });

  it("has one way through its grammar, however many it seems to have", () => {
    const grammar = grammarOfSchema({ type: "string", pattern: `^${"a?".repeat(200)}$` });
    const choices = grammar.split("\n").map((line) => line.split(" | ").length);
    expect(Math.max(...choices)).toBe(2);
  });
});
