import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { json } from "node:stream/consumers";
import { freePort, REPOSITORY_ROOT } from "@flock/provision";
import { createTestDirectory, eventually, type TestDirectory } from "@flock/provision/testing";

const START_MS = 180_000;

interface ListedModel {
  readonly name: string;
  readonly capabilities: readonly string[];
}

/** The models that a real Ollama listed. */
function recordedModels(): ListedModel[] {
  const lines = readFileSync(join(REPOSITORY_ROOT, "test/golden/listing.jsonl"), "utf8").trim().split("\n");
  const exchanges = lines.map((line) => JSON.parse(line) as { name: string; response: { body: unknown } });
  const tags = exchanges.find(({ name }) => name === "tags-get")?.response.body as { models: ListedModel[] };
  return tags.models;
}

/** Lists and shows models, and answers nothing else. */
async function startFakeOllama(models: readonly ListedModel[]): Promise<Server> {
  const server = createServer((request, response) => {
    const answer = async (): Promise<object> => {
      if (request.url === "/api/tags") return { models };
      if (request.url === "/api/ps") return { models: [] };
      if (request.url === "/api/version") return { version: "0.33.0" };
      const { model } = (await json(request)) as { model: string };
      return models.find(({ name }) => name === model) ?? {};
    };
    void answer().then((body) => response.end(JSON.stringify(body)));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

describe("the model that npm start prints", () => {
  let directory: TestDirectory;
  let ollama: Server;
  let launcher: ChildProcessByStdio<null, Readable, null>;
  beforeEach(async () => {
    directory = await createTestDirectory();
  });
  afterEach(async () => {
    const exited = once(launcher, "exit");
    launcher.kill("SIGTERM");
    await exited;
    ollama.closeAllConnections();
    ollama.close();
    await directory.remove();
  }, 60_000);

  /** What is printed from READY on, with these models in the Ollama at OLLAMA_HOST. */
  async function printedWith(models: readonly ListedModel[]): Promise<string> {
    ollama = await startFakeOllama(models);
    const ports = await Promise.all(
      ["api", "grpc", "nats", "postgres", "bridge"].map(async (part) => [
        `--${part}-port`,
        `${await freePort()}`,
      ]),
    );
    const program = join(REPOSITORY_ROOT, "deploy/local/launcher/dist/main.js");
    const args = [program, "--data-dir", directory.path, "--workers", "1", "--no-chain", ...ports.flat()];
    const { PATH, HOME } = process.env;
    const env = { PATH, HOME, OLLAMA_HOST: `:${(ollama.address() as AddressInfo).port}` };
    launcher = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    launcher.stdout.on("data", (chunk) => {
      output += chunk;
    });
    await eventually("READY", () => output.includes("Stop with Ctrl-C"), { timeoutMs: START_MS });
    return output.slice(output.indexOf("READY"));
  }

  const named = (wanted: string) => recordedModels().filter(({ name }) => name === wanted);
  const chatting = named("smol:latest");
  // It was listed before it was made one for embeddings only.
  const embedding = named("smol-embed:latest").map((model) => ({ ...model, capabilities: ["embedding"] }));

  it(
    "is one that can chat, whatever else the Ollama has",
    async () => {
      expect([embedding.length, chatting.length]).toEqual([1, 1]);
      const printed = await printedWith([...embedding, ...chatting]);
      expect(printed).toContain("Model     smol:latest\n");
      expect(printed).toContain('"model":"smol"');
    },
    START_MS,
  );

  it(
    "is said to make embeddings only when there is none that can chat",
    async () => {
      const printed = await printedWith(embedding);
      expect(printed).toContain(
        `${embedding[0]?.name}, for embeddings only: there is no model here that can chat`,
      );
      expect(printed).toMatch(/curl \S+\/api\/embed /);
    },
    START_MS,
  );
});
