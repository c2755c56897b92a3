import { sseEvent } from "./sse.js";

describe("sseEvent", () => {
  it("ends an event with an empty line", () => {
    expect(sseEvent('{"a":"b\\n"}')).toBe('data: {"a":"b\\n"}\n\n');
  });

  it("names the type of an event before its data", () => {
    expect(sseEvent("{}", "ping")).toBe("event: ping\ndata: {}\n\n");
  });
});
