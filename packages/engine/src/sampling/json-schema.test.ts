import { toGrammarSchema } from "./json-schema.js";

describe("toGrammarSchema", () => {
  it("keeps what restricts values and drops annotations", () => {
    const schema = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      title: "Animal",
      type: "object",
      properties: {
        name: { type: "string", minLength: 1, maxLength: 12, description: "its name" },
        age: { type: "integer", default: 3 },
        kind: { enum: ["llama", "fox"] },
        tags: { type: "array", items: { type: "string", format: "email" }, maxItems: 3 },
      },
      required: ["name", "age"],
      additionalProperties: false,
    };
    expect(toGrammarSchema(schema)).toEqual({
      type: "object",
      properties: {
        name: { type: "string", minLength: 1, maxLength: 12 },
        age: { type: "integer" },
        kind: { enum: ["llama", "fox"] },
        tags: { type: "array", items: { type: "string" }, maxItems: 3 },
      },
    });
  });

  it("turns optional types, unions and references into alternatives", () => {
    const schema = {
      properties: {
        pet: { anyOf: [{ $ref: "#/definitions/Pet" }, { type: "null" }] },
        size: { type: ["string", "null"] },
      },
      definitions: { Pet: { type: "object", properties: { name: { type: "string" } } } },
    };
    expect(toGrammarSchema(schema)).toEqual({
      type: "object",
      properties: {
        pet: { oneOf: [{ $ref: "#/$defs/Pet" }, { type: "null" }] },
        size: { oneOf: [{ type: "string" }, { type: "null" }] },
      },
      $defs: { Pet: { type: "object", properties: { name: { type: "string" } } } },
    });
  });

  it("lets an empty schema be any value", () => {
    expect(toGrammarSchema({})).toMatchObject({
      oneOf: [
        { type: "object", additionalProperties: true },
        { type: "array" },
        { type: "string" },
        {},
        {},
        {},
        {},
      ],
    });
  });

  it.each([
    ["pattern", { type: "string", pattern: "^a" }],
    ["minimum", { type: "object", properties: { n: { type: "number", minimum: 3 } } }],
    ["allOf", { allOf: [{ type: "string" }, { type: "number" }] }],
    ["$ref", { $ref: "#/$defs/Missing" }],
    ["type", { type: "text" }],
    ["maxLength", { type: "string", maxLength: -1 }],
    ["maxItems", { type: "array", maxItems: 1001 }],
    ["zip", { type: "object", properties: {}, required: ["zip"] }],
    ["enum", { enum: [{ deep: true }] }],
  ])("refuses %s, which it could not guarantee, by name", (keyword, schema) => {
    expect(() => toGrammarSchema(schema)).toThrow(keyword);
  });

  it.each([
    ["values", { enum: Array.from({ length: 301 }, (_, i) => i) }],
    ["alternatives", { anyOf: Array.from({ length: 300 }, () => ({ type: "string" })) }],
    ["characters", { const: "x".repeat(32_768) }],
  ])("refuses a schema with more %s than a grammar can check quickly", (_what, schema) => {
    expect(() => toGrammarSchema(schema)).toThrow("a schema this large");
  });

  it("refuses a schema nested without end", () => {
    let schema: object = { type: "string" };
    for (let depth = 0; depth < 100; depth++) schema = { type: "array", items: schema };
    expect(() => toGrammarSchema(schema as Record<string, unknown>)).toThrow("a schema this large");
  });
});
