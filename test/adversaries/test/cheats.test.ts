import type { GrantedJob, Piece } from "@flock/jobs";
import { Operation } from "@flock/proto/jobs";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { OllamaRunner } from "@flock/runner";
import { CATALOGUE, HONEST, SILENT } from "../src/catalogue.js";
import type { Cheat } from "../src/cheat.js";
import { CheatingOllama } from "../src/cheating-ollama.js";
import { RealEngines } from "../src/real-engines.js";

/* An ordinary worker's own code beside each cheat, and real engines behind it. */

const PROFILE = { contextLength: 1_024, stopWords: [], canThink: false, resumesFormat: false };
const ALL = [HONEST, ...CATALOGUE.map(({ cheat }) => cheat)];

let directory: TestDirectory;
let engines: RealEngines;
beforeAll(async () => {
  directory = await createTestDirectory();
  engines = await RealEngines.start(directory.path);
});
afterAll(async () => {
  await engines?.stop();
  await directory?.remove();
});

function job(changes: Partial<GrantedJob> = {}): GrantedJob {
  const options = { temperature: 0, seed: 1, num_predict: 30 };
  return {
    ...{ jobId: "j", lease: 1, operation: Operation.GENERATE, model: "flock-tiny:latest", resume: undefined },
    request: { prompt: "Tell me a story about a llama.", system: "You are a pirate.", options },
    ...changes,
  };
}

async function worked(cheat: Cheat, jobs: readonly GrantedJob[], signal = AbortSignal.timeout(50_000)) {
  const ollama = new CheatingOllama({ cheat, ...engines.urls, seed: 7 });
  const runner = new OllamaRunner(await ollama.start(), () => PROFILE);
  try {
    const answers = [];
    for (const granted of jobs) {
      const pieces: Piece[] = [];
      const result = await runner.run(granted, (piece) => void pieces.push(piece), signal);
      answers.push({ result, pieces, text: pieces.map((piece) => piece.text ?? "").join("") });
    }
    return answers;
  } finally {
    await ollama.stop();
  }
}

const chat = job({
  operation: Operation.CHAT,
  request: {
    messages: [
      { role: "system", content: "You are a pirate." },
      { role: "user", content: "What is a llama?" },
    ],
    options: { temperature: 0, num_predict: 20 },
  },
});
const REST = "Once upon a time there was a";
const resumed = job({
  request: {
    prompt: "Tell me a story.",
    ...{ logprobs: true, top_logprobs: 20, options: { temperature: 0, num_predict: 12 } },
  },
  resume: {
    ...{ deliveredText: REST, deliveredThinking: "", deliveredTokens: 7, deliveredTokensMax: 7 },
    ...{ promptTokens: 0, blankTailLength: 0, blankTailTokens: 0 },
  },
});

describe("an ordinary worker beside a cheating Ollama", () => {
  it.each(ALL.map((cheat) => [cheat.name, cheat] as const))(
    "has its answers taken, streamed, as a chat, and behind another worker's text: %s",
    async (_name, cheat) => {
      const [first, second, behind] = await worked(cheat, [job(), chat, resumed]);
      for (const answer of [first, second]) {
        expect(answer?.text).not.toBe("");
        expect(answer?.result).toMatchObject({ doneReason: expect.stringMatching(/^(stop|length)$/) });
        expect(answer?.result.completionTokens).toBeGreaterThan(0);
      }
      expect(behind?.pieces.some(({ logprobsJson }) => logprobsJson !== undefined)).toBe(true);
    },
  );

  it.each(ALL.map((cheat) => [cheat.name, cheat] as const))(
    "shows the model that it claims: %s",
    async (_name, cheat) => {
      const ollama = new CheatingOllama({ cheat, ...engines.urls, seed: 7 });
      const url = await ollama.start();
      const show = { method: "POST", body: '{"model":"flock-tiny"}' };
      const at = async (base: string, path: string, init = {}) =>
        (await fetch(`${base}${path}`, init)).json();
      const { claimedUrl } = engines.urls;
      expect(await at(url, "/api/tags")).toEqual(await at(claimedUrl, "/api/tags"));
      expect(await at(url, "/api/show", show)).toEqual(await at(claimedUrl, "/api/show", show));
      await ollama.stop();
    },
  );

  it("never hears of a job that is hoarded, and can give it up", async () => {
    for (const cheat of SILENT)
      await expect(worked(cheat, [job()], AbortSignal.timeout(300))).rejects.toMatchObject({
        code: expect.any(String),
      });
  });
});

describe("each cheat", () => {
  const named = (name: string) => ALL.find((cheat) => cheat.name === name) ?? HONEST;
  const texts = async (name: string, jobs: readonly GrantedJob[]) =>
    (await worked(named(name), jobs)).map(({ text }) => text);
  const [story, question] = [job(), job({ request: { prompt: "What is a goat?" } })];

  it("answers with other texts than the model that it claims", async () => {
    const [honest] = await texts("honest", [story]);
    for (const name of ["canned", "smaller model", "early stop", "other sampling"])
      expect([name, (await texts(name, [story]))[0]]).not.toEqual([name, honest]);
  });

  it("does not know who it is if it ignores the system prompt", async () => {
    const system = "You are Maggie, a shy llama. You like singing.";
    const options = { temperature: 0, num_predict: 30 };
    const who = job({ request: { prompt: "What is your name?", system, options } });
    expect((await texts("honest", [who]))[0]).toContain("Maggie");
    expect((await texts("ignored system prompt", [who]))[0]).not.toContain("Maggie");
  });

  it("says a text once more that was another job's", async () => {
    const [first, second] = await texts("other job's answer", [story, question]);
    expect(second).toBe(first);
  });

  it("counts twice as many tokens as there are if it inflates them", async () => {
    const [honest] = await worked(HONEST, [story]);
    const [inflated] = await worked(named("count inflation"), [story]);
    expect(inflated?.text).toBe(honest?.text);
    expect(inflated?.result.completionTokens).toBe(2 * (honest?.result.completionTokens ?? 0));
  });
});
