import { parseJsonObject } from "./json-body.js";

const parse = (text: string) => parseJsonObject(Buffer.from(text));

describe("parseJsonObject", () => {
  it("returns the object", () => {
    expect(parse(' {"a":"\\"[[{"} ')).toEqual({ a: '"[[{' });
  });

  it("takes null for an empty object, as Go does", () => {
    expect(parse("null")).toEqual({});
  });

  it.each([
    ["", "missing request body"],
    [" \n", "missing request body"],
    ["[]", "must be a JSON object"],
    ['"x"', "must be a JSON object"],
    ["{", "invalid JSON"],
    ['{"a":NaN}', "invalid JSON"],
    ["]]]]", "invalid JSON"],
  ])("refuses %j: %s", (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  it("does not quote a body, which may be a prompt, in its refusal", () => {
    expect(() => parse('{"prompt":"secret}')).toThrow(expect.not.stringContaining("secret"));
  });

  it("refuses deep nesting before parsing it", () => {
    expect(() => parse(`{"a":${"[".repeat(500_000)}`)).toThrow("nested more than 128");
    expect(() => parse(`{"a":${"[".repeat(127)}${"]".repeat(127)}}`)).not.toThrow();
    expect(() => parse(`{"a":${"[".repeat(128)}${"]".repeat(128)}}`)).toThrow("nested");
  });

  it("takes prototype names for ordinary keys, and invalid UTF-8 for replacement characters", () => {
    const body = parse('{"__proto__":{"model":"x"},"constructor":1}');
    expect(body["model"]).toBeUndefined();
    expect(parseJsonObject(Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xff, 0x22, 0x7d]))).toEqual({
      a: "\uFFFD",
    });
  });
});
