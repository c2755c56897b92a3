import { Fields } from "./fields.js";
import { readFormat, readMessages, readTools } from "./messages.js";

const messages = (value: unknown) => readMessages(new Fields({ messages: value }));
const tools = (value: unknown) => readTools(new Fields({ tools: value }));

describe("readMessages", () => {
  it("keeps the fields that Ollama knows, with roles in lower case", () => {
    expect(
      messages([
        { role: "System", content: "s", name: "x", cache_control: {} },
        { role: "user", content: "u", images: ["AAAA"] },
        {
          role: "assistant",
          thinking: "hm",
          tool_calls: [
            { id: "c1", type: "function", function: { index: 0, name: "f", arguments: { a: 1 }, x: 1 } },
          ],
        },
        { role: "tool", tool_name: "f", tool_call_id: "c1", content: "42" },
        { role: "user", content: null, images: [], tool_calls: [] },
      ]),
    ).toEqual([
      { role: "system", content: "s" },
      { role: "user", content: "u", images: ["AAAA"] },
      {
        role: "assistant",
        content: "",
        thinking: "hm",
        tool_calls: [{ id: "c1", function: { index: 0, name: "f", arguments: { a: 1 } } }],
      },
      { role: "tool", content: "42", tool_name: "f", tool_call_id: "c1" },
      { role: "user", content: "" },
    ]);
  });

  it.each([
    [{}, 'field "messages" must be an array'],
    [[null], 'field "messages[0]" must be an object'],
    [[{ content: "x" }], 'field "messages[0].role" must be one of'],
    [[{ role: 5 }], 'field "messages[0].role" must be a string'],
    [[{ role: "user", content: [{ type: "text" }] }], 'field "messages[0].content" must be a string'],
    [[{ role: "user", content: "", images: [5] }], 'field "messages[0].images" must be an array of strings'],
    [[{ role: "user", content: "", images: ["AAAA", ""] }], 'field "messages[0].images[1]" must be base64'],
    [
      [{ role: "assistant", tool_calls: [{}] }],
      'field "messages[0].tool_calls[0].function" must be an object',
    ],
    [
      [{ role: "assistant", tool_calls: [{ function: { arguments: {} } }] }],
      'field "messages[0].tool_calls[0].function.name" must be a string',
    ],
  ])("%j is refused: %s", (value, message) => {
    expect(() => messages(value)).toThrow(message);
  });
});

describe("readTools", () => {
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
    ["x", 'field "tools" must be an array'],
    [[{}], 'field "tools[0].function" must be an object'],
    [[{ function: {} }], 'field "tools[0].function.name" must be a string'],
    [[{ function: { name: "f", parameters: [] } }], 'field "tools[0].function.parameters" must be an object'],
  ])("%j is refused: %s", (value, message) => {
    expect(() => tools(value)).toThrow(message);
  });
});

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
