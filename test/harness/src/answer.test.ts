import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ApiClient } from "./api-client.js";

const LINE = { response: "Lima", done: false };
const LAST = { response: "", done: true, done_reason: "stop" };

function lines(...objects: object[]): string {
  return objects.map((object) => `${JSON.stringify(object)}\n`).join("");
}

function stream(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { "content-type": "application/x-ndjson" });
}

describe("how an answer ended", () => {
  let server: Server;
  let respond: (response: ServerResponse) => void = () => {};
  let client: ApiClient;
  beforeAll(async () => {
    server = createServer((_request, response) => respond(response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    client = new ApiClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, "key");
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it.each<[string, string, (response: ServerResponse) => void]>([
    ["a stream with its last line", "complete", (response) => stream(response).end(lines(LINE, LAST))],
    ["one object, not streamed", "complete", (response) => response.end('{"embeddings":[]}')],
    [
      "a stream that ends in order, without its last line",
      "truncated",
      (response) => stream(response).end(lines(LINE)),
    ],
    ["a stream without anything", "truncated", (response) => stream(response).end()],
    [
      "a stream that ends with an error line",
      "failed",
      (response) => stream(response).end(lines(LINE, { error: "no" })),
    ],
    ["another status", "refused", (response) => response.writeHead(503).end('{"error":"busy"}')],
    ["something that is no JSON", "broken", (response) => stream(response).end("<html>\n")],
    [
      "a stream that is cut, even after its last line",
      "broken",
      (response) => stream(response).write(lines(LINE, LAST), () => response.destroy()),
    ],
    ["a connection that is closed without an answer", "broken", (response) => response.destroy()],
  ])("%s: %s", async (_name, kind, answer) => {
    respond = answer;
    expect((await client.generate({}).ended).kind).toBe(kind);
  });

  it("nobody listens: broken", async () => {
    const nobody = new ApiClient("http://127.0.0.1:1", "key");
    expect((await nobody.generate({}).ended).kind).toBe("broken");
  });

  it("it went away itself: broken, with what had come until then", async () => {
    respond = (response) => stream(response).write(lines(LINE));
    const answer = client.generate({});
    await answer.until("its first line", ({ lines: { length } }) => length > 0);
    answer.abort();
    expect((await answer.ended).kind).toBe("broken");
    expect(answer.text).toBe("Lima");
  });
});
