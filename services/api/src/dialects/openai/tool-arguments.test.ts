import { JsonTexts } from "../../json-text.js";
import { argumentsOf } from "./tool-arguments.js";

const field = "messages[1].tool_calls[0].function.arguments";
const read = (...all: string[]) => {
  const texts = new JsonTexts();
  return all.map((text) => argumentsOf(texts, text, field));
};

describe("argumentsOf", () => {
  it.each([
    ['{"city":"Paris"}', { city: "Paris" }],
    [' {"a":[1,{"b":null}]}\n', { a: [1, { b: null }] }],
    ["{}", {}],
    ["", {}],
    [" \n", {}],
  ])("reads %j as %j", (text, given) => {
    expect(read(text)).toEqual([given]);
  });

  it("takes __proto__ for a name like any other", () => {
    const [given = {}] = read('{"__proto__":{"a":1}}');
    expect(Object.keys(given)).toEqual(["__proto__"]);
    expect(JSON.stringify(given)).toBe('{"__proto__":{"a":1}}');
  });

  it.each(["{bad", "{} and more", "{}]", "null]", '{"a":NaN}', "'{}'"])(
    "refuses %j, which is not JSON, by the name that the client has for it",
    (text) => {
      expect(() => read(text)).toThrow(`field "${field}" must be JSON`);
    },
  );

  it.each(["[]", "null", "5", '"x"'])("refuses %j, which is no object", (text) => {
    expect(() => read(text)).toThrow(`field "${field}" must be a JSON object`);
  });

  it("refuses a number that no double holds, and says where it is", () => {
    expect(() => read('{"a":[1e400]}')).toThrow(`the number in ${field}.a[0] is out of range`);
  });

  const values = (count: number) => `{"a":[${"{},".repeat(count - 1)}{}]}`;

  it("takes what a request usually has", () => {
    expect(() => read('{"a":1}', "", values(1_000))).not.toThrow();
  });

  it("counts the values of all calls of a request together", () => {
    expect(() => read(values(200_000))).not.toThrow();
    const many = Array.from({ length: 30 }, () => values(100_000));
    expect(() => read(...many)).toThrow(`field "${field}" holds too many values, with the others`);
  });

  it("bounds how deep one nests", () => {
    expect(() => read('{"a":'.repeat(100_000))).toThrow(`field "${field}" is nested too deeply`);
  });
});
