import { connect } from "node:net";
import { answerWithEcho } from "../../services/api/test/fake-requester.js";
import { ABLE_MODEL, startTestApi, type TestApi } from "../../services/api/test/start-test-api.js";

/** Characters of one to four bytes, and some that are joined of several. */
const TEXT = "é 漢字 🦙🌊 👩‍👩‍👧 ก็ end ".repeat(20);
const MESSAGES = [{ role: "user", content: TEXT }];
const model = ABLE_MODEL.name;
const LINES = /^(\{[^\n]*\}\n)+$/;
const EVENTS = /^((event: [a-z_.]+\n)?data: [^\n]+\n\n)+$/;

const STREAMS = [
  ["/api/chat", { messages: MESSAGES }, LINES],
  ["/api/generate", { prompt: TEXT }, LINES],
  ["/v1/chat/completions", { messages: MESSAGES, stream: true }, EVENTS],
  ["/v1/completions", { prompt: TEXT, stream: true }, EVENTS],
  ["/v1/responses", { input: TEXT, stream: true }, EVENTS],
  ["/v1/messages", { messages: MESSAGES, max_tokens: 4_000, stream: true }, EVENTS],
] as const;

describe("a streamed answer on the wire", () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi();
  });
  afterAll(() => api.stop());
  beforeEach(() => {
    api.requester.onJob = answerWithEcho;
  });

  it.each(STREAMS)(
    "%s: each chunk of HTTP is whole lines or events, and whole characters",
    async (path, body, whole) => {
      const chunks = await chunksOf(path, { model, ...body });
      expect(chunks.length).toBeGreaterThan(1);
      for (const chunk of chunks) expect(chunk).toMatch(whole);
      // What ends them is nothing that a client would wait for.
      expect(chunks.join("")).not.toContain("\ufffd");
    },
  );

  it.each(STREAMS)("%s: what has come leaves before anything follows it", async (path, body, whole) => {
    let goOn = () => {};
    api.requester.onJob = (job) => {
      job.chunk("🦙");
      goOn = () => job.end();
    };
    let seen = "";
    const answered = chunksOf(path, { model, ...body }, (chunk) => {
      seen += chunk;
      // The answer ends only because its first piece has been seen.
      if (seen.includes("🦙")) goOn();
    });
    expect((await answered).join("")).toMatch(whole);
  });

  /** The chunks of a response, as they are framed on the wire; throws if one is no UTF-8 by itself. */
  async function chunksOf(path: string, body: object, onChunk: (chunk: string) => void = () => {}) {
    const text = JSON.stringify(body);
    const socket = connect(api.port, "127.0.0.1");
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${api.apiKey}\r\n` +
        `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
    );
    const decoder = new TextDecoder("utf-8", { fatal: true });
    const chunks: string[] = [];
    let rest = Buffer.alloc(0);
    let isBody = false;
    for await (const bytes of socket) {
      rest = Buffer.concat([rest, bytes]);
      if (!isBody) {
        const end = rest.indexOf("\r\n\r\n");
        if (end < 0) continue;
        expect(rest.toString("latin1", 0, end)).toMatch(/^HTTP\/1\.1 200 [\s\S]*transfer-encoding: chunked/i);
        rest = rest.subarray(end + 4);
        isBody = true;
      }
      for (;;) {
        const lineEnd = rest.indexOf("\r\n");
        const size = Number.parseInt(rest.toString("latin1", 0, Math.max(0, lineEnd)), 16);
        if (lineEnd < 0 || rest.length < lineEnd + 2 + size + 2) break;
        if (size === 0) {
          socket.destroy();
          return chunks;
        }
        const chunk = decoder.decode(rest.subarray(lineEnd + 2, lineEnd + 2 + size));
        chunks.push(chunk);
        rest = rest.subarray(lineEnd + 2 + size + 2);
        onChunk(chunk);
      }
    }
    throw new Error("the connection has ended before the response");
  }
});
