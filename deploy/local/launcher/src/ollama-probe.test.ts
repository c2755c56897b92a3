import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { freePort } from "@flock/provision";
import { findOllama, lookForOllama } from "./ollama-probe.js";
import { shellSettings } from "./shell-settings.js";

describe("findOllama", () => {
  let server: Server;
  let url: string;
  let status = 200;
  let answer: string | undefined;
  beforeAll(async () => {
    server = createServer((_, response) => {
      response.statusCode = status;
      // A connection that is kept may end just when the next question is sent.
      response.setHeader("connection", "close");
      if (answer !== undefined) response.end(answer);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it("counts what /api/tags lists", async () => {
    answer = '{"models":[{"name":"a"},{"name":"b"}]}';
    expect(await findOllama(url, true)).toEqual({ models: 2 });
    answer = '{"models":[]}';
    expect(await findOllama(url, true)).toEqual({ models: 0 });
  });

  it.each(["<html>", "null", "7", "{}", '{"models":null}', '{"models":{"length":3}}'])(
    "takes whatever answers %j for no Ollama",
    async (text) => {
      answer = text;
      expect(await findOllama(url, true)).toEqual({ silence: "what answers is no Ollama" });
    },
  );

  it("says why there is none", async () => {
    expect(await findOllama(`http://127.0.0.1:${await freePort()}`, true)).toEqual({
      silence: "nothing listens there",
    });
    status = 502;
    expect(await findOllama(url, true)).toEqual({ silence: "it answers with HTTP 502" });
    status = 200;
    answer = undefined;
    expect(await findOllama(url, false)).toEqual({ silence: "nothing answers" });
  });
});

describe("lookForOllama", () => {
  const look = (environment: NodeJS.ProcessEnv, embeddedEngine = false) => {
    return lookForOllama({
      embeddedEngine,
      shell: shellSettings(environment, { usesOllama: !embeddedEngine }),
    });
  };

  it("says it, now and when all is ready, when none answers where one was named", async () => {
    const host = `127.0.0.1:${await freePort()}`;
    const remark = `OLLAMA_HOST names http://${host}, but nothing listens there: the embedded engine is used instead`;
    expect(await look({ OLLAMA_HOST: host })).toEqual({ isUsable: false, remark, missed: [remark] });
    expect(await look({ OLLAMA_HOST: host }, true)).toEqual({ isUsable: false, missed: [] });
  });

  it.each([
    ['{"models":[{"name":"a"}]}', true, "with 1 models: using it", 0],
    ['{"models":[]}', false, "with 0 models: it has no model yet, so the embedded engine is used", 1],
  ])("uses one that answers %s: %s", async (answer, isUsable, words, missed) => {
    const server = createServer((_, response) => response.end(answer)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const found = await look({ OLLAMA_HOST: `:${(server.address() as AddressInfo).port}` });
    expect(found.isUsable).toBe(isUsable);
    expect(found.remark).toContain(words);
    expect(found.missed).toHaveLength(missed);
    server.closeAllConnections();
    server.close();
  });
});
