import { argumentsOf, requireReadableArguments } from "./tool-arguments.js";

const field = "messages[1].tool_calls[0].function.arguments";
const read = (text: string) => argumentsOf({ text, field });
const bound = (...texts: string[]) => requireReadableArguments(texts.map((text) => ({ text, field })));

describe("argumentsOf", () => {
  it.each([
    ['{"city":"Paris"}', { city: "Paris" }],
    [' {"a":[1,{"b":null}]}\n', { a: [1, { b: null }] }],
    ["{}", {}],
    ["", {}],
    [" \n", {}],
  ])("reads %j as %j", (text, given) => {
    expect(read(text)).toEqual(given);
  });

  it("takes __proto__ for a name like any other", () => {
    const given = read('{"__proto__":{"a":1}}');
    expect(Object.keys(given)).toEqual(["__proto__"]);
    expect(JSON.stringify(given)).toBe('{"__proto__":{"a":1}}');
  });

  it.each(["{bad", "[]", "null", "5", '"x"', "{} and more", "{}]", "null]", '{"a":NaN}', "'{}'"])(
    "refuses %j by the name that the client has for it",
    (text) => {
      expect(() => read(text)).toThrow(`field "${field}" must be a JSON object, as a string`);
    },
  );

  it("refuses a number that no double holds, and says where it is", () => {
    expect(() => read('{"a":[1e400]}')).toThrow(`the number in ${field}.a[0] is out of range`);
  });
});

describe("requireReadableArguments", () => {
  const values = (count: number) => `{"a":[${"{},".repeat(count - 1)}{}]}`;

  it("takes what a request usually has", () => {
    expect(() => bound()).not.toThrow();
    expect(() => bound('{"a":1}', "", values(1_000))).not.toThrow();
  });

  it("counts the values of all of them together", () => {
    expect(() => bound(values(200_000))).not.toThrow();
    expect(() => bound(...Array.from({ length: 30 }, () => values(100_000)))).toThrow("too many values");
  });

  it("bounds how deep one nests", () => {
    expect(() => bound('{"a":'.repeat(100_000))).toThrow("too deep");
  });

  it("ends its count early only in a text that is refused", () => {
    const hidden = ["{}]", values(600_000)];
    expect(() => bound(...hidden)).not.toThrow();
    expect(() => read(hidden[0] ?? "")).toThrow("must be a JSON object");
  });
});
