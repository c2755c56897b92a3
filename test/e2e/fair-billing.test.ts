import {
  type Answer,
  type Books,
  ChoosyOllama,
  eventually,
  ParsingOllama,
  RecordedOllama,
  RecordingProxy,
  recordings,
  type SettlementRow,
  type TestAccount,
  TestMesh,
  whole,
} from "@flock/harness";
import { EVENTS } from "@flock/proto";
import { InferenceCompleted } from "@flock/proto/events";

/* The rows of docs/billing.md that need a whole mesh, in the books of the real ledger. */

/** A job ends after this time, … */
const JOB_TIMEOUT_MS = 4_000;
/** … and its hold, if nobody has ended it, after this one. */
const HOLD_GRACE_MS = 1_000;
const STORY = { model: "flock-tiny", prompt: "Tell me a story about a llama.", options: { temperature: 0 } };

describe("what an answer costs that does not end as it should", () => {
  let mesh: TestMesh;
  let books: Books;
  let alice: TestAccount;
  let proxy: RecordingProxy;
  let recorded: RecordedOllama;
  let choosy: ChoosyOllama;
  let parsing: ParsingOllama;
  let parsingProxy: RecordingProxy;
  beforeAll(async () => {
    mesh = await TestMesh.start({
      workers: 0,
      sequences: 4,
      environment: { API_JOB_TIMEOUT_MS: String(JOB_TIMEOUT_MS), API_HOLD_GRACE_MS: String(HOLD_GRACE_MS) },
    });
    books = await mesh.books();
    proxy = await RecordingProxy.start({ target: mesh.state.ollamaUrl });
    recorded = await RecordedOllama.start(recordings.STOP_WORD);
    choosy = await ChoosyOllama.start();
    parsing = await ParsingOllama.start();
    parsingProxy = await RecordingProxy.start({ target: parsing.url });
    const urls = [proxy.url, recorded.url, choosy.url, parsingProxy.url];
    for (const ollamaUrl of urls) await mesh.startWorker({ ollamaUrl });
    alice = await mesh.account("alice");
    await eventually(
      "all models to be served",
      async () => (await alice.client.ollama().list()).models.length === 4,
    );
  }, 180_000);
  afterEach(() => {
    proxy?.release();
    parsingProxy?.release();
  });
  afterAll(async () => {
    await mesh?.stop();
    for (const part of [proxy, recorded, choosy, parsing, parsingProxy]) await part?.stop();
  }, 60_000);

  interface Cost {
    readonly paidMicro: bigint;
    readonly settlements: readonly SettlementRow[];
  }

  /** What a request costs that `ask` makes and sees to its end. */
  async function costOf(ask: (account: TestAccount) => Promise<unknown>): Promise<Cost> {
    const account = await mesh.account("payer");
    const wallet = `wallet:${account.accountId}`;
    const before = await books.balance(wallet);
    await ask(account);
    await eventually("nothing to be held any more", async () => (await books.held(wallet)) === 0n);
    const rows = await books.query<{ job_id: string }>(
      "SELECT job_id FROM ledger.settlements JOIN ledger.accounts ON id = wallet_id WHERE code = $1",
      [wallet],
    );
    const settlements = await books.settlements(rows.map(({ job_id }) => job_id));
    return { paidMicro: before - (await books.balance(wallet)), settlements };
  }

  const NOTHING: Cost = { paidMicro: 0n, settlements: [] };

  /** Asks for a story of which the engine gives so many lines and no more, and waits until it is there. */
  async function begun(account: TestAccount, lines: number, body: object): Promise<Answer> {
    const seen = proxy.generations.length;
    proxy.hold(lines);
    const answer = account.client.generate({ ...STORY, ...body });
    await eventually(`${lines} lines of the engine`, () => proxy.generations[seen]?.answerLines === lines);
    return answer;
  }

  it("is nothing for an answer without a word, whatever the engine counted", async () => {
    const cost = await costOf(async ({ client }) => {
      const ask = {
        model: recorded.model,
        prompt: "Count: one two three four",
        options: { stop: [" five"] },
      };
      const answer = await whole(client.generate(ask));
      expect([answer.text, answer.doneReason]).toEqual(["", "stop"]);
    });
    expect(cost).toEqual(NOTHING);
  });

  it.each([
    ["refuses", "refuse: schema", 400],
    ["fails at", "refuse: template", 400],
  ])("is nothing for a request that the engine %s", async (_what, prompt, status) => {
    const cost = await costOf(async ({ client }) => {
      expect(await client.generate({ model: choosy.model, prompt }).ended).toMatchObject({ status });
    });
    expect(cost).toEqual(NOTHING);
  });

  it("is nothing for an answer whose worker is lost and that nobody goes on with", async () => {
    const lonely = await RecordedOllama.start(recordings.PLAIN);
    const held = await RecordingProxy.start({ target: lonely.url });
    held.hold(3);
    await recorded.stop();
    const worker = await mesh.startWorker({ ollamaUrl: held.url });
    const cost = await costOf(async ({ client }) => {
      const answer = client.generate({ model: lonely.model, prompt: "x" });
      await answer.until("three lines", ({ lines }) => lines.length === 3);
      await worker.kill("SIGKILL");
      expect((await answer.ended).kind).toBe("failed");
    });
    expect(cost).toEqual(NOTHING);
    await held.stop();
    await lonely.stop();
  }, 60_000);

  it("is what was delivered if the deadline cuts a stream", async () => {
    const cost = await costOf(async (account) => {
      const answer = await begun(account, 10, { stream: true });
      await answer.until("ten lines", ({ lines }) => lines.length === 10);
      expect(await answer.ended).toMatchObject({ kind: "failed" });
    });
    expect(cost.settlements).toHaveLength(1);
    const [settlement] = cost.settlements;
    expect(settlement).toMatchObject({ completionTokens: 10n, chargeMicro: cost.paidMicro });
    expect(settlement?.promptTokens).toBeGreaterThan(0n);
  }, 30_000);

  it("is nothing if the deadline ends an answer of which its client has nothing: it was asked for whole", async () => {
    const cost = await costOf(async (account) => {
      const answer = await begun(account, 10, { stream: false });
      expect(await answer.ended).toMatchObject({ kind: "refused", status: 504 });
    });
    expect(cost).toEqual(NOTHING);
  }, 30_000);

  it("is nothing if the deadline ends an answer that was held back until it is whole", async () => {
    const cost = await costOf(async ({ client }) => {
      parsingProxy.hold(10);
      const answer = client.generate({ model: parsing.model, prompt: "x", format: "json" });
      expect(await answer.ended).toMatchObject({ kind: "refused", status: 504 });
    });
    expect(cost).toEqual(NOTHING);
  }, 30_000);

  it("is nothing if the client goes before there is a word", async () => {
    const cost = await costOf(async (account) => {
      const answer = await begun(account, 0, {});
      answer.abort();
      await answer.ended;
    });
    expect(cost).toEqual(NOTHING);
  }, 30_000);

  it("is what was generated if the client goes in the middle", async () => {
    const cost = await costOf(async (account) => {
      const answer = await begun(account, 12, {});
      await answer.until("twelve lines", ({ lines }) => lines.length === 12);
      answer.abort();
    });
    expect(cost.settlements).toMatchObject([{ completionTokens: 12n, chargeMicro: cost.paidMicro }]);
  }, 30_000);

  it("is once what an answer costs, however often the ledger is told of it", async () => {
    const { nats } = await mesh.connection();
    const told: Uint8Array[] = [];
    const subscription = nats.subscribe(EVENTS.inferenceCompleted, {
      callback: (_error, message) => void told.push(message.data),
    });
    const cost = await costOf(async ({ client }) => {
      const { jobId } = await whole(client.generate({ ...STORY, options: { num_predict: 5 } }));
      await books.settled(jobId);
      const isOfJob = (bytes: Uint8Array) =>
        InferenceCompleted.decode(bytes).jobs.some((job) => job.jobId === jobId);
      const event = await eventually("the event", () => told.find(isOfJob));
      for (let again = 0; again < 3; again++) nats.publish(EVENTS.inferenceCompleted, event);
      // What comes behind them in the stream is settled after them.
      await books.settled(
        (await whole(alice.client.generate({ ...STORY, options: { num_predict: 1 } }))).jobId,
      );
    });
    subscription.unsubscribe();
    expect(cost.settlements).toMatchObject([{ completionTokens: 5n, chargeMicro: cost.paidMicro }]);
  }, 30_000);

  it("is nothing if the api dies in the middle: what it held is free again when its time is over", async () => {
    const cost = await costOf(async (account) => {
      const answer = await begun(account, 5, {});
      await answer.until("five lines", ({ lines }) => lines.length === 5);
      await mesh.killAndAwaitReturn("api");
      expect((await answer.ended).kind).toBe("broken");
    });
    expect(cost).toEqual(NOTHING);
  }, 60_000);
});
