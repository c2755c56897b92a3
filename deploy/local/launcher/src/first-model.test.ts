import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { untilModelServed } from "./first-model.js";

describe("untilModelServed", () => {
  let server: Server;
  let url: string;
  /** The answers of /api/tags, the last one again and again. */
  let answers: object[] = [];
  beforeAll(async () => {
    server = createServer((_, response) => {
      const models = answers.length > 1 ? answers.shift() : answers[0];
      response.end(JSON.stringify({ models }));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const embedding = { name: "nomic-embed-text:latest", capabilities: ["embedding"] };
  const chatting = { name: "smol:latest", capabilities: ["completion", "tools"] };
  const wait = (timeoutMs = 30_000) => untilModelServed(url, "key", timeoutMs, new AbortController().signal);

  it("chooses one that can chat, wherever it stands", async () => {
    answers = [[embedding, chatting]];
    expect(await wait()).toEqual({ name: "smol:latest", canChat: true });
  });

  it("waits for one that can chat when another is listed before it", async () => {
    answers = [[], [embedding], [embedding], [embedding, chatting]];
    expect(await wait()).toEqual({ name: "smol:latest", canChat: true });
  });

  it("takes a model of which nothing is said for one that can chat", async () => {
    answers = [[{ name: "old:latest" }]];
    expect(await wait()).toEqual({ name: "old:latest", canChat: true });
  });

  it("is content with one that only embeds if there is no other", async () => {
    answers = [[embedding]];
    expect(await wait()).toEqual({ name: "nomic-embed-text:latest", canChat: false });
  });

  it("gives up when there is none", async () => {
    answers = [[]];
    await expect(wait(100)).rejects.toThrow("lists no model after 0.1 s");
  });
});
