import {
  type Answer,
  type Books,
  eventually,
  type TestAccount,
  TestMesh,
  type WholeAnswer,
  whole,
} from "@flock/harness";
import { departsAtNearTie } from "./near-tie.js";
import { STORY_PROMPTS } from "./story-prompts.js";

const SLOTS = 20;
const RESUMED_MIN = 20;
const ROUNDS_MAX = 6;

interface Reference {
  readonly response: string;
  readonly prompt_eval_count: number;
  readonly eval_count: number;
  readonly done_reason: string;
}

describe("a stream whose worker is lost", () => {
  let mesh: TestMesh;
  let books: Books;
  let alice: TestAccount;
  beforeAll(async () => {
    mesh = await TestMesh.start({ workers: 2, workerSlots: SLOTS });
    books = await mesh.books();
    alice = await mesh.account("alice");
  }, 180_000);
  afterAll(() => mesh?.stop(), 60_000);

  /** The engine's own answer, which nothing disturbs. */
  async function undisturbed(body: object): Promise<Reference> {
    const request = { method: "POST", body: JSON.stringify({ ...body, stream: false }) };
    return (await fetch(`${mesh.state.ollamaUrl}/api/generate`, request)).json() as Promise<Reference>;
  }

  /** As the api's log says, which it writes when the answer has left: a moment after the client has it. */
  async function leasesOf(jobId: string): Promise<number> {
    const isLine = (line: Readonly<Record<string, unknown>>): boolean => line["requestId"] === jobId;
    const line = await eventually(`the api's log line of ${jobId}`, () => mesh.log("api").find(isLine));
    return Number(line["leases"]);
  }

  /**
   * How many of the answers another worker went on with: on a busy machine, some have ended before the harm is done.
   */
  async function resumedOf(answers: readonly WholeAnswer[]): Promise<number> {
    const leases = await Promise.all(answers.map(({ jobId }) => leasesOf(jobId)));
    return leases.filter((count) => count > 1).length;
  }

  /** Index of the worker that runs more jobs; either may take them all. */
  async function busiestWorker(): Promise<number> {
    const [first = 0, second = 0] = await Promise.all(
      ["worker-1", "worker-2"].map((name) => mesh.activeLeases(name)),
    );
    return first >= second ? 0 : 1;
  }

  async function allBegun(answers: readonly Answer[], lines: number): Promise<void> {
    await Promise.all(
      answers.map((answer) => answer.until(`line ${lines}`, (so) => so.lines.length >= lines)),
    );
  }

  /** Counts right, and one settlement that says the same. */
  async function expectSettledAs(answer: WholeAnswer, reference: Reference): Promise<void> {
    expect(answer.promptTokens).toBe(reference.prompt_eval_count);
    expect(answer.completionTokens).toBe(reference.eval_count);
    expect(answer.doneReason).toBe(reference.done_reason);
    const { promptTokens, completionTokens } = await books.settled(answer.jobId);
    expect([promptTokens, completionTokens]).toEqual([
      BigInt(reference.prompt_eval_count),
      BigInt(reference.eval_count),
    ]);
  }

  /** Runs `bodies` on worker-1 alone, does `harm` in mid-stream, lets worker-2 join, and returns the answers. */
  async function disturbOnFirst(
    bodies: readonly object[],
    lines: number,
    harm: () => Promise<unknown>,
  ): Promise<WholeAnswer[]> {
    await mesh.control("worker-2", "pause");
    const answers = bodies.map((body) => alice.client.generate(body));
    await allBegun(answers, lines);
    // Harm comes first: answers are short, and on a busy machine to ask the other worker takes as long as they do.
    const harmed = harm();
    await mesh.control("worker-2", "resume");
    await harmed;
    return Promise.all(answers.map(whole));
  }

  it("goes on, ends with the undisturbed text and counts, and is settled once: 20 kills in mid-stream", async () => {
    const requests = STORY_PROMPTS.map((prompt) => ({
      model: "flock-tiny",
      prompt,
      options: { temperature: 0 },
    }));
    const references = await Promise.all(requests.map(undisturbed));
    let resumed = 0;
    const departed: string[] = [];
    for (let round = 0; resumed < RESUMED_MIN; round++) {
      expect(round).toBeLessThan(ROUNDS_MAX);
      const answers = requests.map((request) => alice.client.generate(request));
      await allBegun(answers, [3, 20, 40][round % 3] ?? 3);
      const back = mesh.killAndAwaitReturn("worker", await busiestWorker());
      // With 20 streams on two workers, no stream ends early, whichever of them it was on.
      const ended = await Promise.all(answers.map(whole));
      await back;
      for (const [index, answer] of ended.entries()) {
        const [request, reference] = [requests[index], references[index]];
        if (request === undefined || reference === undefined) throw new Error("one answer per request");
        const isResumed = (await leasesOf(answer.jobId)) > 1;
        resumed += isResumed ? 1 : 0;
        if (answer.text === reference.response) await expectSettledAs(answer, reference);
        else {
          departed.push(answer.jobId);
          expect(isResumed).toBe(true);
          expect(await departsAtNearTie(mesh.state.ollamaUrl, request, answer.text)).toBe(true);
        }
      }
    }
    expect(departed.length).toBeLessThanOrEqual(Math.floor(resumed / 20));
    const settled = await books.query<{ count: bigint }>(
      `SELECT count(*) FROM ledger.transfers WHERE kind = 'settlement' GROUP BY business_id HAVING count(*) > 1`,
    );
    expect(settled).toEqual([]);
  }, 120_000);

  it("goes on when the worker freezes, and what that says when it thaws is dropped", async () => {
    const bodies = STORY_PROMPTS.slice(0, 8).map((prompt) => ({
      model: "flock-tiny",
      prompt,
      options: { temperature: 0 },
    }));
    const references = await Promise.all(bodies.map(undisturbed));
    const answers = await disturbOnFirst(bodies, 3, () => mesh.signal("worker", "SIGSTOP", 0)).finally(() =>
      mesh.signal("worker", "SIGCONT", 0),
    );
    for (const [index, answer] of answers.entries()) {
      const reference = references[index];
      if (reference === undefined) throw new Error("one answer per request");
      expect(answer.text).toBe(reference.response);
      await expectSettledAs(answer, reference);
    }
    expect(await resumedOf(answers)).toBeGreaterThan(0);
  }, 60_000);

  it("goes on when the engine behind its worker dies", async () => {
    const engine = await mesh.startEngine(4);
    const worker = await mesh.startWorker({ ollamaUrl: engine.url, slots: 4 });
    await Promise.all(["worker-1", "worker-2"].map((name) => mesh.control(name, "pause")));
    const bodies = STORY_PROMPTS.slice(0, 4).map((prompt) => ({
      model: "flock-tiny",
      prompt,
      options: { temperature: 0 },
    }));
    const references = await Promise.all(bodies.map(undisturbed));
    const answers = bodies.map((body) => alice.client.generate(body));
    await allBegun(answers, 10);
    await Promise.all(["worker-1", "worker-2"].map((name) => mesh.control(name, "resume")));
    await engine.process.kill("SIGKILL");
    const ended = await Promise.all(answers.map(whole));
    await worker.stop();
    expect(ended.map(({ text }) => text)).toEqual(references.map(({ response }) => response));
    expect(await Promise.all(ended.map(({ jobId }) => leasesOf(jobId)))).toEqual([2, 2, 2, 2]);
    for (const [index, answer] of ended.entries()) {
      const reference = references[index];
      if (reference !== undefined) await expectSettledAs(answer, reference);
    }
  }, 60_000);

  it("goes on in the middle of structured output, too, at an engine that can take its grammar up", async () => {
    const schema = {
      type: "object",
      properties: { story: { type: "string" }, names: { type: "array", items: { type: "string" } } },
      required: ["story", "names"],
    };
    const bodies = STORY_PROMPTS.slice(0, 4).map((prompt) => ({
      model: "flock-tiny",
      prompt,
      format: schema,
      options: { temperature: 0, num_predict: 200 },
    }));
    const references = await Promise.all(bodies.map(undisturbed));
    const answers = await disturbOnFirst(bodies, 3, () => mesh.killAndAwaitReturn("worker", 0));
    expect(answers.map(({ text }) => text)).toEqual(references.map(({ response }) => response));
    expect(await resumedOf(answers)).toBeGreaterThan(0);
    for (const [index, answer] of answers.entries()) {
      const reference = references[index];
      if (reference !== undefined) await expectSettledAs(answer, reference);
    }
  }, 60_000);

  it("goes on with the same dice when it has a seed, here with the very same engine", async () => {
    const bodies = STORY_PROMPTS.slice(0, 6).map((prompt, index) => ({
      model: "flock-tiny",
      prompt,
      options: { temperature: 0.8, seed: 1_000 + index },
    }));
    const references = await Promise.all(bodies.map(undisturbed));
    expect(new Set(references.map(({ response }) => response)).size).toBe(6);
    const answers = await disturbOnFirst(bodies, 3, () => mesh.killAndAwaitReturn("worker", 0));
    expect(answers.map(({ text }) => text)).toEqual(references.map(({ response }) => response));
    expect(await resumedOf(answers)).toBeGreaterThan(0);
  }, 60_000);
});
