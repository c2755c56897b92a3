import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { freePort } from "@flock/provision";
import { countOllamaModels, ollamaUrl } from "./ollama-probe.js";

describe("ollamaUrl", () => {
  it.each([
    ["127.0.0.1:11434", "http://127.0.0.1:11434"],
    ["0.0.0.0", "http://127.0.0.1:11434"],
    ["gpu", "http://gpu:11434"],
    ["gpu:80", "http://gpu"],
    ["https://ollama.example", "https://ollama.example"],
    ["http://gpu:1234/", "http://gpu:1234"],
  ])("%s is %s", (host, url) => {
    expect(ollamaUrl(host)).toBe(url);
  });
});

describe("countOllamaModels", () => {
  it("counts what /api/tags lists; whatever is not an Ollama counts as none", async () => {
    let answer = '{"models":[{"name":"a"},{"name":"b"}]}';
    const server = createServer((_, response) => response.end(answer)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await countOllamaModels(url)).toBe(2);
    answer = "<html>";
    expect(await countOllamaModels(url)).toBeUndefined();
    server.close();
    expect(await countOllamaModels(`http://127.0.0.1:${await freePort()}`)).toBeUndefined();
  });
});
