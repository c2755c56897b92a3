import { Fields } from "../../json-fields.js";
import { readFormat, readTextFields } from "./text-fields.js";

describe("readFormat", () => {
  it.each([
    ["json", "json"],
    [{ type: "object" }, { type: "object" }],
    ["", undefined],
    [null, undefined],
  ])("%j is %j", (format, read) => {
    expect(readFormat(new Fields({ format }))).toEqual(read);
  });

  it.each(["yaml", 5, true, ["json"]])("%j is refused", (format) => {
    expect(() => readFormat(new Fields({ format }))).toThrow('field "format"');
  });
});

describe("readTextFields", () => {
  const read = (body: object) => readTextFields(new Fields({ ...body }));

  it.each([
    [undefined, {}],
    [null, {}],
    [{}, {}],
    [{ temperature: 0 }, { temperature: 0 }],
  ])("reads the options %j as %j", (options, taken) => {
    expect(read({ options }).options).toEqual(taken);
  });

  it.each([
    [{ options: "x" }, 'field "options" must be an object'],
    [{ options: [] }, 'field "options" must be an object'],
    [{ top_logprobs: 21 }, "top_logprobs must be between 0 and 20"],
    [{ top_logprobs: 0.5 }, "top_logprobs must be between 0 and 20"],
    [{ think: 1 }, 'think must be a boolean or string ("high", "medium", "low", "max", true, or false)'],
    [{ think: "deep" }, 'invalid think value: "deep"'],
  ])("%j is refused: %s", (body, message) => {
    expect(() => read(body)).toThrow(message);
  });

  it("streams, unless it is told not to", () => {
    expect([read({}).isStreamed, read({ stream: false }).isStreamed]).toEqual([true, false]);
  });
});
