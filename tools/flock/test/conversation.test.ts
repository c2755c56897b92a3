import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { FakeApi } from "../src/transcripts/fake-api.js";
import { type Here, type Run, runHere } from "./run-here.js";

const MODEL = {
  name: "flock-tiny:latest",
  digest: "d",
  context_length: 1_024,
  capabilities: ["completion"],
  prompt_price_micro: "1",
  completion_price_micro: "3",
  is_available: true,
};
const STORY = {
  job_id: "j1",
  workers: ["w-a", "w-b"],
  privacy: "sealed-to-worker",
  resumes: 1,
  charge_micro: "4100",
  timing_ms: { queue: 1, claim: 1, prefill: 1, total: 4 },
};

const lines = (...objects: object[]) => objects.map((each) => `${JSON.stringify(each)}\n`).join("");
const piece = (content: string) => ({ message: { content }, done: false });
const END = { done: true, done_reason: "stop", prompt_eval_count: 3, eval_count: 2, flock: STORY };

describe("flock run and flock chat", () => {
  const api = new FakeApi();
  let directory: TestDirectory;

  beforeAll(async () => {
    directory = await createTestDirectory();
    await api.start();
  });
  afterAll(async () => {
    await api.stop();
    await directory.remove();
  });
  beforeEach(() => {
    api.answer("GET /models", { models: [MODEL] });
    api.answer("POST /api/chat", lines(piece("A "), piece("llama."), END));
  });

  const PIPE: Here = { terminal: { stdout: false } };
  const flock = (
    args: readonly string[],
    here: Here = {},
    environment: Record<string, string> = {},
  ): Promise<Run> =>
    runHere([...args, "--data-dir", directory.path], { FLOCK_API_URL: api.url, ...environment }, here);

  it("prints the answer alone on standard output, and its cost and its way on standard error", async () => {
    const { code, stdout, stderr } = await flock(["run", "flock-tiny", "Tell", "me"], PIPE);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "A llama." });
    expect(stderr).toMatch(
      /^2 tokens · 0.0041 LLAMA · .* · worker w-a, w-b · resumed 1 × · sealed-to-worker · job j1\n$/,
    );
    const messages = [{ role: "user", content: "Tell me" }];
    expect(api.last("POST /api/chat").body).toEqual({
      model: "flock-tiny",
      messages,
      options: {},
      stream: true,
    });
    expect((await flock(["run", "flock-tiny", "Tell"])).stdout).toBe("A llama.\n");
  });

  it("takes the prompt from standard input, alone or behind what was typed", async () => {
    const asked = () => (api.last("POST /api/chat").body as { messages: { content: string }[] }).messages;
    await flock(["run", "flock-tiny", "--system", "Be brief."], { input: "a diff\n" });
    expect(asked().map(({ content }) => content)).toEqual(["Be brief.", "a diff\n"]);
    await flock(["run", "flock-tiny", "Explain:", "-"], { input: "a diff" });
    expect(asked().map(({ content }) => content)).toEqual(["Explain:\n\na diff"]);
    expect((await flock(["run", "flock-tiny"], { input: " \n" })).stderr).toMatch(/the prompt is empty/);
    expect((await flock(["run", "flock-tiny"], { terminal: { stdin: true } })).code).toBe(2);
  });

  it("tells programs of each piece, and of one result", async () => {
    const { stdout } = await flock([
      "run",
      "flock-tiny",
      "x",
      "--json",
      "--max-tokens",
      "9",
      "--temperature",
      "0.5",
    ]);
    const told = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(told.map(({ type }) => type)).toEqual(["piece", "piece", "result"]);
    expect(told.at(-1)).toMatchObject({
      answer: "A llama.",
      completion_tokens: 2,
      flock: { charge_micro: "4100" },
    });
    expect(api.last("POST /api/chat").body).toMatchObject({ options: { num_predict: 9, temperature: 0.5 } });
  });

  it("lets nothing that a model says command the terminal, and changes nothing of it in a pipe", async () => {
    const evil = "a\u001b]0;x\u0007b\u009bc\u202ed\tx\n";
    api.answer("POST /api/chat", lines(piece(evil), END));
    expect((await flock(["run", "flock-tiny", "x"])).stdout).toBe("a]0;xbcd\tx\n");
    expect((await flock(["run", "flock-tiny", "x"], PIPE)).stdout).toBe(evil);
  });

  it("shows no credential at all without a key, and a key to nobody but its own network", async () => {
    const shown = async (args: readonly string[], environment: Record<string, string> = {}) => {
      expect((await flock(["run", "flock-tiny", "x", ...args], {}, environment)).code).toBe(0);
      return api.last("POST /api/chat").authorization;
    };
    expect(await shown([])).toBeUndefined();
    expect(await shown([], { FLOCK_API_KEY: "flk_a" })).toBe("Bearer flk_a");
    const keyFile = join(directory.path, "key.txt");
    await writeFile(keyFile, "flk_b\n");
    expect(await shown(["--key-file", keyFile], { FLOCK_API_KEY: "flk_a" })).toBe("Bearer flk_b");
    const config = { XDG_CONFIG_HOME: directory.path };
    const made = await flock(
      ["context", "set", "work", "--api-url", api.url, "--key-file", keyFile],
      {},
      config,
    );
    expect(made.stdout).toContain(", and in use\n");
    expect(await shown([], config)).toBeUndefined();
    expect(await shown([], { ...config, FLOCK_API_URL: "" })).toBe("Bearer flk_b");
    await writeFile(
      join(directory.path, "local.json"),
      JSON.stringify({ apiUrl: api.url, apiKey: "flk_demo" }),
    );
    expect(await shown([])).toBeUndefined();
    expect(await shown([], { FLOCK_API_URL: "" })).toBe("Bearer flk_demo");
  });

  it.each([
    [401, 3, /keys create --out key.txt makes a key/],
    [402, 5, /.*/],
    [404, 4, /did you mean flock-tiny\?\nflock models lists them\n$/],
    [429, 6, /.*/],
    [503, 6, /.*/],
    [500, 1, /.*/],
  ])("ends as it should when it is refused with %d", async (status, exitCode, words) => {
    api.answer("POST /api/chat", { error: "the network's own words" }, status);
    const { code, stdout, stderr } = await flock(["run", "flock-tniy", "x"], PIPE);
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: "" });
    expect(stderr).toMatch(words);
    if (status !== 404) expect(stderr).toMatch(/^flock: the network's own words\n/);
  });

  it("says where a wrong key came from, and what it hides", async () => {
    api.answer("POST /api/chat", { error: "no such key" }, 401);
    const environment = { XDG_CONFIG_HOME: directory.path, FLOCK_API_KEY: "flk_old" };
    const { stderr } = await flock(["run", "flock-tiny", "x"], {}, environment);
    expect(stderr).toBe(
      "flock: no such key\nthe key is from FLOCK_API_KEY, which counts more than context work\n",
    );
  });

  it.each([
    ["has no end", lines(piece("A "))],
    ["has an error in it", lines(piece("A "), { error: "worker lost" })],
    ["is no JSON", "A llama"],
  ])("never takes an answer for whole that %s", async (_what, body) => {
    api.answer("POST /api/chat", body);
    expect((await flock(["run", "flock-tiny", "x"], PIPE)).code).toBe(6);
  });

  it("holds a conversation that knows what was said, and keeps it only where it is told to", async () => {
    const file = join(directory.path, "kept.json");
    const typed = ["One", "Two", "/modle x", "/again", "/new", "Three", `/save ${file}`, "/bye", "never"];
    const { code, stdout, stderr } = await flock(["chat"], { lines: typed, terminal: { stdin: true } });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "A llama.\n".repeat(4) });
    expect(stderr).toContain("did you mean /model?");
    expect(stderr).toContain("4 answers, 0.0164 LLAMA in all");
    const conversations = api.asked
      .filter(({ path }) => path === "/api/chat")
      .slice(-4)
      .map(({ body }) =>
        (body as { messages: { content: string }[] }).messages.map(({ content }) => content),
      );
    expect(conversations).toEqual([
      ["One"],
      ["One", "A llama.", "Two"],
      ["One", "A llama.", "Two"],
      ["Three"],
    ]);
    expect(JSON.parse(await readFile(file, "utf8")).messages).toHaveLength(2);
    expect((await stat(file)).mode & 0o077).toBe(0);
    const kept = await readFile(file, "utf8");
    expect((await flock(["chat", "--save", file], { lines: ["One"] })).code).toBe(4);
    expect(await readFile(file, "utf8")).toBe(kept);
  });

  it("goes on with a conversation whose answer failed", async () => {
    let count = 0;
    api.answers.set("POST /api/chat", () => {
      count += 1;
      return count === 1 ? { status: 503, body: { error: "busy" } } : { body: lines(piece("Yes."), END) };
    });
    const { code, stdout, stderr } = await flock(["chat", "--json"], { lines: ["One", "/again"] });
    const told = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(told.map(({ type }) => type)).toEqual(["piece", "answer", "result"]);
    expect({ code, error: JSON.parse(stderr).error.code }).toEqual({ code: 0, error: "unavailable" });
  });

  it("stops at Ctrl-C, and says what that means", async () => {
    const interrupting = new AbortController();
    api.answers.set("POST /api/chat", () => {
      interrupting.abort();
      return { body: lines(piece("late"), END) };
    });
    const { code, stderr } = await flock(["run", "flock-tiny", "x"], { interruption: interrupting.signal });
    expect(code).toBe(130);
    expect(stderr).toMatch(/^flock: interrupted: what came until then/);
  });
});
