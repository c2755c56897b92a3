import { numberArray, textArray } from "./array-literals.js";

const same = <T>(value: T) => value;

describe("an array for PostgreSQL", () => {
  it("has each text in quotation marks, with what means something in them escaped", () => {
    expect(textArray(["a", 'b","c', "d\\", "", "NULL", "{e}"], same)).toBe(
      '{"a","b\\",\\"c","d\\\\","","NULL","{e}"}',
    );
  });

  it("has NULL for what is undefined, and is empty for no rows", () => {
    expect(textArray(["a", undefined], same)).toBe('{"a",NULL}');
    expect(numberArray([1n, undefined, 2], same)).toBe("{1,NULL,2}");
    expect(textArray([], same)).toBe("{}");
    expect(numberArray([], same)).toBe("{}");
  });
});
