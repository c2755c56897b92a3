import fc from "fast-check";
import { parseJsonObject } from "./json-body.js";

const parse = (text: string | Buffer) => parseJsonObject(Buffer.from(text));

describe("parseJsonObject", () => {
  it.each([
    ["", "missing request body"],
    [" \r\n\t", "missing request body"],
    ["\u00a0", "not valid JSON"],
    ["\ufeff{}", "not valid JSON"],
    ["{", "not valid JSON"],
    ['{"a":NaN}', "not valid JSON"],
    ['{"a":Infinity}', "not valid JSON"],
    ["{'a':1}", "not valid JSON"],
    ["[]", "must be a JSON object"],
    ['"x"', "must be a JSON object"],
    ["nul", "not valid JSON"],
    ["x{}", "not valid JSON"],
    ["}{}", "not valid JSON"],
    ["[]{}", "must be a JSON object"],
    ['"x"{}', "not valid JSON"],
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

  it.each([
    ["null", {}],
    [" null ", {}],
    ['null{"a":1}', {}],
    ['{"a":1}{"b":2}', { a: 1 }],
    ['{"a":1}\n{"a":2}\n', { a: 1 }],
    ['{"a":1} and more', { a: 1 }],
    ['{"a":1}}', { a: 1 }],
    [`{"a":1}${"[".repeat(500)}`, { a: 1 }],
  ])("reads %.30s as Ollama does: %j", (text, object) => {
    expect(parse(text)).toEqual(object);
  });

  it.each([
    [[0xff], "\ufffd"],
    [[0xff, 0xfe], "\ufffd\ufffd"],
    // The beginning of a longer character does not take the quote behind it along.
    [[0x61, 0xc3], "a\ufffd"],
    [[0xc3, 0x28], "\ufffd("],
  ])("reads bytes that are not UTF-8 as replacement characters: %j", (bytes, text) => {
    const quoted = Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')]);
    expect(parse(quoted)).toEqual({ a: text });
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
