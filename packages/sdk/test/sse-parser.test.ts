import { SseParser } from "@flockollamas/sdk";
import fc from "fast-check";

const STREAM = [
  "\ufeff: hello\n\n",
  "id: 7\nevent: frame\ndata: one\ndata:  two\n\n",
  "data\r\n\r\n",
  "event: lost\n\n",
  "id: with\0nul\rdata: three\r\r",
  "retry: 250\nretry: soon\nunknown: x\ndata: α\n\n",
  "data: never ended\n",
].join("");
const EVENTS = [
  { event: "frame", data: "one\n two", lastEventId: "7" },
  { event: "message", data: "", lastEventId: "7" },
  { event: "message", data: "three", lastEventId: "7" },
  { event: "message", data: "α", lastEventId: "7" },
];

describe("a parser of server-sent events", () => {
  it("reads what the standard says, however the text is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(STREAM.length), { maxLength: 12 }), (cuts) => {
        const parser = new SseParser();
        const places = [0, ...cuts.sort((a, b) => a - b), STREAM.length];
        const events = places.flatMap((place, index) =>
          parser.push(STREAM.slice(places[index - 1] ?? 0, place)),
        );
        expect(events).toEqual(EVENTS);
        expect(parser.retryMs).toBe(250);
      }),
    );
  });

  it("refuses an event without an end", () => {
    const parser = new SseParser();
    const much = "x".repeat(1024 * 1024);
    expect(() => {
      for (let piece = 0; piece < 6; piece += 1) parser.push(`data: ${much}\n`);
    }).toThrow("too long");
  });
});
