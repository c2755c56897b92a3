import {
  type Books,
  eventually,
  type OwnProcess,
  ParsingOllama,
  RecordingProxy,
  type TestAccount,
  TestMesh,
} from "@flock/harness";
import { GenericGrpcClient } from "../conformance/generic-grpc-client.js";
import {
  type Dialect,
  type Door,
  KINDS,
  type Kind,
  type LiveStream,
  openStream,
  type Story,
} from "./dialect-streams.js";
import { departsAtNearTie } from "./near-tie.js";

/*
 * Every dialect, and whatever it can ask for, with the worker killed in the middle of all answers at once. The bundled
 * engine writes text, log probabilities and structured output; a fake Ollama thinks, calls tools, and never writes the
 * same structured output twice.
 */

const SLOTS = 24;
const PROMPT = "Tell me a story about a llama.";

interface Case {
  readonly dialect: Dialect;
  readonly kind: Kind;
}

function casesOf(...kinds: readonly Kind[]): Case[] {
  return (Object.keys(KINDS) as Dialect[]).flatMap((dialect) =>
    KINDS[dialect].filter((kind) => kinds.includes(kind)).map((kind) => ({ dialect, kind })),
  );
}

interface Ended {
  readonly jobId: string;
  readonly story: Story;
}

describe("a worker that is killed in the middle", () => {
  let mesh: TestMesh;
  let books: Books;
  let alice: TestAccount;
  let door: Door;
  let parsing: ParsingOllama;
  const proxies: RecordingProxy[] = [];
  beforeAll(async () => {
    mesh = await TestMesh.start({ workers: 0, sequences: SLOTS });
    books = await mesh.books();
    alice = await mesh.account("alice");
    const { grpcAddress, apiUrl } = mesh.state;
    const { apiKey } = alice.client;
    door = { apiUrl, apiKey, grpc: await GenericGrpcClient.connect(grpcAddress, { apiKey, version: "v1" }) };
    parsing = await ParsingOllama.start();
  }, 180_000);
  afterAll(async () => {
    door?.grpc.close();
    await mesh?.stop();
    for (const proxy of proxies) await proxy.stop();
    await parsing?.stop();
  }, 60_000);

  async function proxyOf(target: string): Promise<RecordingProxy> {
    const proxy = await RecordingProxy.start({ target });
    proxies.push(proxy);
    return proxy;
  }

  async function workerAt(proxy: RecordingProxy, model: string): Promise<OwnProcess> {
    const worker = await mesh.startWorker({ ollamaUrl: proxy.url, slots: SLOTS });
    await eventually(`${model} to be served`, async () => {
      const { models } = await alice.client.ollama().list();
      return models.some(({ name }) => name === model);
    });
    return worker;
  }

  function ask(cases: readonly Case[], model: string, tokensMax: number): LiveStream[] {
    return cases.map(({ dialect, kind }) =>
      openStream(door, dialect, { model, kind, prompt: PROMPT, tokensMax }),
    );
  }

  /** Asks, kills the only worker when it has had so many lines of each answer, and has another go on. */
  async function disturbed(
    proxy: RecordingProxy,
    worker: OwnProcess,
    asked: () => LiveStream[],
    lines: number,
    isTold: (index: number) => boolean,
  ): Promise<{
    readonly framesAtLoss: readonly number[];
    readonly ended: readonly Ended[];
    readonly next: OwnProcess;
  }> {
    const before = proxy.generations.length;
    proxy.hold(lines);
    const streams = asked();
    await eventually(`${lines} lines of each answer`, () => {
      const begun = proxy.generations.slice(before);
      return begun.length === streams.length && begun.every(({ answerLines }) => answerLines === lines);
    });
    const next = await mesh.startWorker({ ollamaUrl: proxy.url, slots: SLOTS });
    await eventually("the clients to have a part", () =>
      streams.every(({ frames }, index) => frames.length > 0 || !isTold(index)),
    );
    const framesAtLoss = streams.map(({ frames }) => frames.length);
    await worker.kill("SIGKILL");
    proxy.release();
    return { framesAtLoss, ended: await Promise.all(streams.map(({ ended }) => ended)), next };
  }

  /** Two workers had it; it is settled once, for the counts that its client was told. */
  async function expectOneStory({ jobId, story }: Ended): Promise<void> {
    const isEnd = (line: Readonly<Record<string, unknown>>) =>
      line["requestId"] === jobId && "leases" in line;
    const line = await eventually(`the log line of ${jobId}`, () => mesh.log("api").find(isEnd));
    expect(line["leases"]).toBe(2);
    const settlement = await books.settled(jobId);
    expect([Number(settlement.promptTokens), Number(settlement.completionTokens)]).toEqual([
      story.promptTokens,
      story.completionTokens,
    ]);
    expect(new Set(story.ids).size).toBe(story.ids.length);
  }

  it("is invisible in plain text, log probabilities and structured output of an engine that takes up grammars", async () => {
    const cases = casesOf("plain", "logprobs", "schema");
    const proxy = await proxyOf(mesh.state.ollamaUrl);
    let worker = await workerAt(proxy, "flock-tiny:latest");
    const asked = () => ask(cases, "flock-tiny", 90);
    const references = await Promise.all(asked().map(({ ended }) => ended));
    for (const lines of [3, 25]) {
      const { ended, next } = await disturbed(proxy, worker, asked, lines, () => true);
      worker = next;
      for (const [index, { dialect, kind }] of cases.entries()) {
        const [answer, reference] = [ended[index], references[index]];
        if (answer === undefined || reference === undefined) throw new Error("one answer per request");
        const { ids, ...story } = answer.story;
        const { ids: _, ...undisturbed } = reference.story;
        const isSame = story.text === undisturbed.text;
        const request = { model: "flock-tiny", prompt: PROMPT, options: { temperature: 0, num_predict: 90 } };
        if (isSame) expect([lines, dialect, kind, story]).toEqual([lines, dialect, kind, undisturbed]);
        else if (kind !== "schema")
          expect(await departsAtNearTie(mesh.state.ollamaUrl, request, story.text)).toBe(true);
        if (kind === "schema" && !isCut(story))
          expect(Object.keys(JSON.parse(story.text))).toEqual(["run", "words"]);
        if (kind === "logprobs") expect(story.tokens.join("")).toBe(story.text);
        await expectOneStory(answer);
      }
    }
    await worker.stop();
  }, 60_000);

  it("is invisible in thinking and tool calls, and structured output comes whole where no engine can go on", async () => {
    const cases = casesOf("thinking", "tools", "schema");
    const proxy = await proxyOf(parsing.url);
    let worker = await workerAt(proxy, parsing.model);
    const asked = () => ask(cases, parsing.model, 500);
    const isTold = (index: number) => cases[index]?.kind !== "schema";
    const references = await Promise.all(asked().map(({ ended }) => ended));
    for (const lines of [4, 18]) {
      const { framesAtLoss, ended, next } = await disturbed(proxy, worker, asked, lines, isTold);
      worker = next;
      for (const [index, { dialect, kind }] of cases.entries()) {
        const [answer, reference] = [ended[index], references[index]];
        if (answer === undefined || reference === undefined) throw new Error("one answer per request");
        const { ids, completionTokens, ...story } = answer.story;
        const { ids: _, completionTokens: undisturbedTokens, ...undisturbed } = reference.story;
        const where = { lines, dialect, kind };
        if (kind === "schema") {
          // Nothing of the lost worker's object was told: what comes is one object, of the other worker.
          expect({ ...where, frames: framesAtLoss[index] }).toEqual({ ...where, frames: 0 });
          expect(runOf(story.text)).toBeGreaterThan(runOf(undisturbed.text));
          expect(story.text.replace(/\d+/, "")).toBe(undisturbed.text.replace(/\d+/, ""));
          expect(completionTokens).toBe(undisturbedTokens);
        } else {
          expect({ ...where, ...story }).toEqual({ ...where, ...undisturbed });
          expect(story.thinking).not.toBe("");
          expect(story.calls).toHaveLength(kind === "tools" ? 1 : 0);
          // The tags around thinking are tokens that no line shows: never more is charged, and hardly less.
          expect(completionTokens).toBeLessThanOrEqual(undisturbedTokens);
          expect(completionTokens).toBeGreaterThanOrEqual(undisturbedTokens - 4);
        }
        await expectOneStory(answer);
      }
    }
    await worker.stop();
  }, 60_000);

  function isCut({ finish }: Pick<Story, "finish">): boolean {
    return ["length", "incomplete", "max_tokens"].includes(finish);
  }

  function runOf(text: string): number {
    return (JSON.parse(text) as { run: number }).run;
  }
});
