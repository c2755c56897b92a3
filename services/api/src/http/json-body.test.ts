import fc from "fast-check";
import { parseJsonObject } from "./json-body.js";

const parse = (text: string | Buffer) => parseJsonObject(Buffer.from(text));

describe("parseJsonObject", () => {
  it.each([
    ["", "missing request body"],
    [" ", "not valid JSON"],
    ["{", "not valid JSON"],
    ['{"a":NaN}', "not valid JSON"],
    ['{"a":Infinity}', "not valid JSON"],
    ["{'a':1}", "not valid JSON"],
    ['{"a":1}{"b":2}', "not valid JSON"],
    ["[]", "must be a JSON object"],
    ['"x"', "must be a JSON object"],
    ["null", "must be a JSON object"],
    ["7", "must be a JSON object"],
    ['{"options":{"temperature":1e400}}', "the number in options.temperature is out of range"],
    ['{"tools":[{"x":[-1e999]}]}', "the number in tools[0].x[0] is out of range"],
    [`{"a":${"[".repeat(200)}`, "nested too deeply"],
    ['{"a":'.repeat(300_000), "nested too deeply"],
    [`{"a":[${"{},".repeat(300_000)}{}]}`, "too many values"],
  ])("refuses %.40s: %s", (text, message) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: "invalid_argument" }));
    expect(() => parse(text)).toThrow(message);
  });

  it("refuses bytes that are not UTF-8", () => {
    expect(() => parse(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).toThrow("not valid UTF-8");
  });

  it("takes __proto__ and constructor as ordinary names", () => {
    const object = parse('{"__proto__":{"model":"evil"},"constructor":1,"a":2}');
    expect(object["model"]).toBeUndefined();
    expect(Object.keys(object)).toEqual(["__proto__", "constructor", "a"]);
    expect(({} as Record<string, unknown>)["model"]).toBeUndefined();
  });

  it("lets the last of duplicate names win", () => {
    expect(parse('{"a":1,"a":2}')).toEqual({ a: 2 });
  });

  it("returns any JSON object as it was, or refuses it with a reason", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const text = JSON.stringify(object);
        expect(JSON.stringify(parse(text))).toBe(text);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          parse(Buffer.from(bytes));
        } catch (error) {
          expect(error).toMatchObject({ code: "invalid_argument" });
        }
      }),
    );
  });
});
