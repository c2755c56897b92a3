import { Fields } from "../../json-fields.js";
import { readImages, readMessages } from "./messages.js";

const messages = (value: unknown) => readMessages(new Fields({ messages: value }));

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
        toolCalls: [{ id: "c1", function: { index: 0, name: "f", arguments: { a: 1 } } }],
      },
      { role: "tool", content: "42", toolName: "f", toolCallId: "c1" },
      { role: "user", content: "" },
    ]);
  });

  it.each([
    [
      { role: "developer", content: "x" },
      { role: "developer", content: "x" },
    ],
    [
      { role: "Wizard", content: "x" },
      { role: "wizard", content: "x" },
    ],
    [{ content: "x" }, { role: "", content: "x" }],
    [
      { role: null, content: null },
      { role: "", content: "" },
    ],
    [
      { ROLE: "USER", Content: "x" },
      { role: "user", content: "x" },
    ],
    [null, { role: "", content: "" }],
    [{}, { role: "", content: "" }],
  ])("takes %j, as Ollama does", (given, taken) => {
    expect(messages([given])).toEqual([taken]);
  });

  it.each([
    [{}, 'field "messages" must be an array'],
    [[5], 'field "messages[0]" must be an object'],
    [[{ role: 5 }], 'field "messages[0].role" must be a string'],
    [[{ role: "r".repeat(101) }], 'field "messages[0].role" has at most 100 characters'],
    [[{ role: "user", content: [{ type: "text" }] }], 'field "messages[0].content" must be a string'],
    [[{ role: "user", content: "", images: [5] }], 'field "messages[0].images" must be an array of strings'],
    [[{ role: "user", content: "", images: ["AAAA", ""] }], 'field "messages[0].images[1]" must be base64'],
    [[{ role: "tool", tool_name: 5 }], 'field "messages[0].tool_name" must be a string'],
  ])("%j is refused: %s", (value, message) => {
    expect(() => messages(value)).toThrow(message);
  });
});

describe("readImages", () => {
  const images = (value: unknown) => readImages(new Fields({ images: value }));

  it("takes none for absent", () => {
    expect([images(undefined), images(null), images([])]).toEqual([undefined, undefined, undefined]);
  });

  it("takes what is base64, and says which one is not", () => {
    expect(images(["AAAA", "AA=="])).toEqual(["AAAA", "AA=="]);
    expect(() => images(["AAAA", "AAA"])).toThrow('field "images[1]" must be base64');
  });
});
