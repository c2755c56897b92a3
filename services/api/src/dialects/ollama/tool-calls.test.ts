import { Fields } from "../../json-fields.js";
import { readToolCalls } from "./tool-calls.js";

const calls = (value: unknown) => readToolCalls(new Fields({ tool_calls: value }));

describe("readToolCalls", () => {
  it.each([
    [{ function: { name: "f" } }, { function: { name: "f", arguments: {} } }],
    [{ function: { arguments: { a: 1 } } }, { function: { name: "", arguments: { a: 1 } } }],
    [{}, { function: { name: "", arguments: {} } }],
    [
      { id: "c", function: { index: 2, name: "f", arguments: null } },
      { id: "c", function: { index: 2, name: "f", arguments: {} } },
    ],
  ])("takes %j, as Ollama does", (given, taken) => {
    expect(calls([given])).toEqual([taken]);
  });

  it.each([
    [{ function: "f" }, 'field "tool_calls[0].function" must be an object'],
    [{ function: { name: 5 } }, 'field "tool_calls[0].function.name" must be a string'],
    [{ function: { index: 1.5 } }, 'field "tool_calls[0].function.index" must be an integer'],
    [{ function: { arguments: "{}" } }, 'field "tool_calls[0].function.arguments" must be an object'],
    [{ id: 5 }, 'field "tool_calls[0].id" must be a string'],
  ])("refuses %j: %s", (call, message) => {
    expect(() => calls([call])).toThrow(message);
  });
});
