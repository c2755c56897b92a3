import { Fields } from "../json-fields.js";
import { readOfferedTools } from "./offered-tools.js";

const tools = (value: unknown) => readOfferedTools(new Fields({ tools: value }));
const withParameters = (parameters: unknown) =>
  tools([{ type: "function", function: { name: "f", parameters } }]);

describe("readOfferedTools", () => {
  it("passes functions on as they are, and takes none for absent", () => {
    const schema = {
      name: "f",
      description: "d",
      parameters: { type: "object", $defs: { a: [1] } },
      strict: true,
    };
    expect(tools([{ type: "function", function: schema, items: 1 }])).toEqual([
      { type: "function", function: schema },
    ]);
    expect(tools([])).toBeUndefined();
    expect(tools(null)).toBeUndefined();
  });

  it.each([
    [{ type: "function" }, { type: "function" }],
    [{ type: "function", function: null }, { type: "function" }],
    [{ function: {} }, { type: "function", function: {} }],
    [null, { type: "function" }],
  ])("takes %j, as Ollama does", (given, taken) => {
    expect(tools([given])).toEqual([taken]);
  });

  it.each([
    null,
    {},
    { type: "object", required: ["a"], properties: { a: { type: "string", enum: ["x", 1, null] } } },
    { type: "object", properties: { a: { type: ["string", "null"] }, b: null, c: {} } },
    { properties: { a: { anyOf: [{ type: "string" }, { type: "array", items: { type: "number" } }] } } },
    { properties: { a: { type: "object", properties: { b: { description: "d" } }, required: ["b"] } } },
    { properties: { a: { default: true, additionalProperties: false } } },
  ])("takes the parameters %j", (parameters) => {
    expect(withParameters(parameters)).toEqual([{ type: "function", function: { name: "f", parameters } }]);
  });

  const at = "tools[0].function.parameters";
  it.each([
    ["x", `field "${at}" must be an object`],
    [[], `field "${at}" must be an object`],
    [{ type: 5 }, `field "${at}.type" must be a string`],
    [{ required: "a" }, `field "${at}.required" must be an array of strings`],
    [{ properties: [] }, `field "${at}.properties" must be an object`],
    [{ properties: { a: true } }, `field "${at}.properties.a" must be an object`],
    [{ properties: { a: { type: 5 } } }, `field "${at}.properties.a.type" must be an array of strings`],
    [{ properties: { a: { enum: "x" } } }, `field "${at}.properties.a.enum" must be an array`],
    [
      { properties: { a: { anyOf: [{ properties: { b: 1 } }] } } },
      `field "${at}.properties.a.anyof[0].properties.b" must be an object`,
    ],
    [
      { properties: { a: { properties: { b: { description: 1 } } } } },
      `field "${at}.properties.a.properties.b.description" must be a string`,
    ],
  ])("refuses the parameters %j: %s", (parameters, message) => {
    expect(() => withParameters(parameters)).toThrow(message);
  });

  it.each([
    ["x", 'field "tools" must be an array'],
    [[5], 'field "tools[0]" must be an object'],
    [[{ type: 5 }], 'field "tools[0].type" must be a string'],
    [[{ function: "f" }], 'field "tools[0].function" must be an object'],
    [[{ function: { name: 5 } }], 'field "tools[0].function.name" must be a string'],
  ])("refuses %j: %s", (value, message) => {
    expect(() => tools(value)).toThrow(message);
  });
});
