import { Fields } from "../../json-fields.js";
import { readMessages } from "./messages.js";

const messages = (value: unknown) => readMessages(new Fields({ messages: value }));
const user = (content: unknown) => messages([{ role: "user", content }]);
const call = (id: string | undefined, name: string, given: unknown = "{}") => ({
  id,
  type: "function",
  function: { name, arguments: given },
});
const PIXEL = "data:image/png;base64,AAAA";

describe("readMessages", () => {
  it("takes what OpenAI calls developer for the system, and any other role as it is", () => {
    expect(
      messages([
        { role: "developer", content: "d" },
        { role: "System", content: "s" },
        { role: "user", content: "u", name: "Ann" },
        { role: "assistant", content: "a", refusal: null, audio: null, reasoning: "hm" },
        { role: "wizard", content: "w" },
        { content: "none" },
      ]),
    ).toEqual([
      { role: "system", content: "d" },
      { role: "system", content: "s" },
      { role: "user", content: "u" },
      { role: "assistant", content: "a", thinking: "hm" },
      { role: "wizard", content: "w" },
      { role: "", content: "none" },
    ]);
  });

  it.each([
    ["", { content: "" }],
    [[], { content: "" }],
    [[{ type: "text", text: "a" }], { content: "a" }],
    [
      [
        { type: "text", text: "a" },
        { type: "text", text: "b" },
      ],
      { content: "a\n\nb" },
    ],
    [
      [
        { type: "text", text: "a" },
        { type: "image_url", image_url: { url: PIXEL, detail: "low" } },
        { type: "image_url", image_url: PIXEL },
      ],
      { content: "a", images: ["AAAA", "AAAA"] },
    ],
    [[{ type: "image_url", image_url: { url: PIXEL } }], { content: "", images: ["AAAA"] }],
  ])("reads the content %j as %j", (content, read) => {
    expect(user(content)).toEqual([{ role: "user", ...read }]);
  });

  it("turns arguments into objects, and finds the name of a tool by the id of its call", () => {
    expect(
      messages([
        { role: "user", content: "x" },
        {
          role: "assistant",
          content: null,
          tool_calls: [call("c1", "weather", '{"city":"Paris"}'), call("c2", "time", "")],
        },
        { role: "tool", tool_call_id: "c2", content: "noon" },
        { role: "tool", tool_call_id: "c1", content: [{ type: "text", text: "18 C" }] },
        { role: "tool", tool_call_id: "c3", content: "?" },
        { role: "tool", tool_call_id: "c1", name: "mine", content: "!" },
      ]).slice(1),
    ).toEqual([
      {
        role: "assistant",
        content: "",
        toolCalls: [
          { id: "c1", function: { index: 0, name: "weather", arguments: { city: "Paris" } } },
          { id: "c2", function: { index: 1, name: "time", arguments: {} } },
        ],
      },
      { role: "tool", content: "noon", toolCallId: "c2", toolName: "time" },
      { role: "tool", content: "18 C", toolCallId: "c1", toolName: "weather" },
      { role: "tool", content: "?", toolCallId: "c3" },
      { role: "tool", content: "!", toolCallId: "c1", toolName: "mine" },
    ]);
  });

  it("finds the last call before it where clients use an id again", () => {
    const turn = (name: string) => [
      { role: "assistant", content: "", tool_calls: [call("call_0", name)] },
      { role: "tool", tool_call_id: "call_0", content: name },
    ];
    const read = messages([...turn("first"), ...turn("second")]);
    expect(read.flatMap(({ toolName }) => toolName ?? [])).toEqual(["first", "second"]);
  });

  it.each([
    [{ role: "assistant", content: null, tool_calls: [] }, { content: "" }],
    [
      { role: "assistant", content: "a", tool_calls: [call(undefined, "f")] },
      { content: "a", toolCalls: [{ function: { index: 0, name: "f", arguments: {} } }] },
    ],
  ])("takes %j", (message, read) => {
    expect(messages([message])).toEqual([{ role: "assistant", ...read }]);
  });

  it.each([
    [undefined, 'field "messages" must be an array of at least one message'],
    [[], 'field "messages" must be an array of at least one message'],
    ["hi", 'field "messages" must be an array'],
    [["hi"], 'field "messages[0]" must be an object'],
    [[{ role: 5, content: "" }], 'field "messages[0].role" must be a string'],
    [[{ role: "user" }], 'field "messages[0].content" must be a string or an array of parts'],
    [[{ role: "user", content: null }], 'field "messages[0].content" must be a string or an array'],
    [[{ role: "tool", content: "", tool_call_id: 5 }], 'field "messages[0].tool_call_id" must be a string'],
    [[{ role: "assistant", tool_calls: {} }], 'field "messages[0].tool_calls" must be an array'],
    [
      [{ role: "assistant", tool_calls: [call("c", "f", { a: 1 })] }],
      'field "messages[0].tool_calls[0].function.arguments" must be a string',
    ],
    [
      [{ role: "assistant", tool_calls: [call("c", "f"), call("d", "g", "{bad")] }],
      'field "messages[0].tool_calls[1].function.arguments" must be JSON',
    ],
  ])("%j is refused: %s", (value, message) => {
    expect(() => messages(value)).toThrow(expect.objectContaining({ code: "invalid_argument" }));
    expect(() => messages(value)).toThrow(message);
  });

  it.each([
    [5, 'field "messages[0].content" must be a string or an array of parts'],
    [["a"], 'field "messages[0].content[0]" must be an object'],
    [[{ type: "text", text: 5 }], 'field "messages[0].content[0].text" must be a string'],
    [[{ type: "smell" }], 'field "messages[0].content[0].type" must be "text" or "image_url"'],
    [[{ text: "a" }], 'field "messages[0].content[0].type" must be "text" or "image_url"'],
    [[{ type: "input_audio", input_audio: { data: "AAAA" } }], "nothing else is supported"],
    [[{ type: "file", file: { file_id: "f" } }], "nothing else is supported"],
    [[{ type: "image_url", image_url: { url: "http://127.0.0.1:1/x.png" } }], "image URLs are not"],
    [[{ type: "image_url", image_url: "https://example.com/x.png" }], "image URLs are not"],
    [
      [
        { type: "text", text: "a" },
        { type: "image_url", image_url: { url: "data:image/png;base64,!" } },
      ],
      'field "messages[0].content[1].image_url.url" must be base64',
    ],
    [
      [{ type: "image_url" }],
      'field "messages[0].content[0].image_url.url" must be a data URL of a JPEG, PNG or WebP image',
    ],
  ])("the content %j is refused: %s", (content, message) => {
    expect(() => user(content)).toThrow(expect.objectContaining({ code: "invalid_argument" }));
    expect(() => user(content)).toThrow(message);
  });

  it("bounds the arguments of all messages together", () => {
    const given = `{"a":[${"{},".repeat(100_000)}{}]}`;
    const history = Array.from({ length: 10 }, () => ({
      role: "assistant",
      tool_calls: [call("c", "f", given)],
    }));
    expect(() => messages(history)).toThrow("holds too many values, with the others of the request");
  });
});
