import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { checkApi, checkOllama } from "../../src/cli/first-checks.js";

const NOBODY = "http://127.0.0.1:1";
let server: Server;
let url: string;
let answer: { readonly status?: number; readonly date?: string; readonly body?: string } = {};
let asked: string | undefined;

beforeAll(async () => {
  server = createServer((request, response) => {
    asked = request.url;
    const date = answer.date ?? new Date().toUTCString();
    response.writeHead(answer.status ?? 200, { date }).end(answer.body ?? "{}");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe("before a worker starts, it looks", () => {
  it("whether the API answers", async () => {
    answer = {};
    expect(await checkApi(`${url}/`)).toBeUndefined();
    expect(asked).toBe("/api/version");
    expect(await checkApi(NOBODY)).toMatchObject({ what: `no API answers at ${NOBODY}` });
  });

  it("whether it is one at all", async () => {
    answer = { status: 404 };
    expect((await checkApi(url))?.what).toContain("answers 404, and does not seem to be the API");
  });

  it.each([
    [-600_000, /^this machine's clock is (599|600|601) s ahead$/],
    [600_000, /^this machine's clock is (599|600|601) s behind$/],
  ])("whether its clock is right: the API's is %d ms from it", async (offMs, what) => {
    answer = { date: new Date(Date.now() + offMs).toUTCString() };
    expect((await checkApi(url))?.what).toMatch(what);
  });

  it.each([{ date: new Date(Date.now() - 20_000).toUTCString() }, { date: "no date" }])(
    "and says nothing of a clock that is nearly right, or of a date that is none: %j",
    async (given) => {
      answer = given;
      expect(await checkApi(url)).toBeUndefined();
    },
  );

  it("whether Ollama answers and has a model", async () => {
    answer = { body: '{"models":[{"name":"llama3.2:latest"}]}' };
    expect(await checkOllama(url)).toBeUndefined();
    answer = { body: '{"models":[]}' };
    expect(await checkOllama(url)).toMatchObject({
      what: `the Ollama at ${url} has no model`,
      hint: expect.stringContaining("ollama pull"),
    });
    expect(await checkOllama(NOBODY)).toMatchObject({
      what: `no Ollama answers at ${NOBODY}`,
      hint: expect.stringContaining("ollama serve"),
    });
  });
});
