import { FlockError } from "@flock/errors";
import type { Hold, HoldGrant } from "../src/index.js";
import {
  eventsOf,
  eventually,
  mesh,
  router,
  spec,
  startRequester,
  startWorker,
  submit,
  TEXT,
  WORDS,
} from "./protocol-rig.js";
import { ScriptedRunner } from "./scripted-runner.js";

const paidBy = (hold: Hold) => spec({ payer: { kind: "client", hold } });

describe("a hold", () => {
  it("that is late is asked for when a worker has the job, and never for one that none has", async () => {
    let asked = 0;
    const hold: Hold = async () => {
      asked += 1;
      return { completionTokensMax: 1_000 };
    };
    const requester = await startRequester();
    const lateJob = (changes = {}) => spec({ ...changes, payer: { kind: "client", hold, holdLate: true } });
    const unplaced = await submit(requester, lateJob({ queueMaxMs: 200 })).ended;
    expect([unplaced.error?.code, unplaced.isUnplaced, asked]).toEqual(["unavailable", true, 0]);
    await startWorker(new ScriptedRunner(WORDS));
    const job = submit(requester, lateJob());
    expect(await job.ended).toMatchObject({ outcome: "completed" });
    expect([job.text(), asked]).toEqual([TEXT, 1]);
  });

  it("is waited for before anything is delivered", async () => {
    await startWorker(new ScriptedRunner(WORDS));
    let grant: () => void = () => {};
    const held = new Promise<{ completionTokensMax: number }>((resolve) => {
      grant = () => resolve({ completionTokensMax: 1_000 });
    });
    const jobSpec = paidBy(() => held);
    const job = submit(await startRequester(), jobSpec);
    await eventually(() => router.finished.some(({ jobId }) => jobId === jobSpec.jobId));
    expect(job.chunks).toEqual([]);
    grant();
    expect(await job.ended).toMatchObject({ outcome: "completed" });
    expect(job.text()).toBe(TEXT);
  });

  it("that is granted after the worker has finished is settled after it, not before, and told with its amount", async () => {
    await startWorker(new ScriptedRunner(WORDS));
    let grant: () => void = () => {};
    const held = new Promise<HoldGrant>((resolve) => {
      grant = () => resolve({ completionTokensMax: 1_000, heldMicro: 7_000n });
    });
    const jobSpec = paidBy(() => held);
    const job = submit(await startRequester(), jobSpec);
    await eventually(() => router.finished.some(({ jobId }) => jobId === jobSpec.jobId));
    await mesh.nats.flush();
    expect(await eventsOf(jobSpec.jobId)).toEqual({ completed: [], failed: [] });
    grant();
    await job.ended;
    const [charged] = await eventually(async () => {
      const { completed } = await eventsOf(jobSpec.jobId);
      return completed.length === 1 && completed;
    });
    expect(charged?.heldMicro).toBe(7_000n);
  });

  it.each([
    ["insufficient_funds", 0],
    ["unavailable", 1],
  ] as const)(
    "that fails with %s after the worker has finished fails the job, and charges nothing",
    async (code, failedEvents) => {
      await startWorker(new ScriptedRunner(WORDS));
      let refuse: () => void = () => {};
      const held = new Promise<never>((_resolve, reject) => {
        refuse = () => reject(new FlockError(code, "no hold"));
      });
      const jobSpec = paidBy(() => held);
      const job = submit(await startRequester(), jobSpec);
      await eventually(() => router.finished.some(({ jobId }) => jobId === jobSpec.jobId));
      refuse();
      expect(await job.ended).toMatchObject({ outcome: "failed", error: { code } });
      expect(job.chunks).toEqual([]);
      await eventually(async () => (await eventsOf(jobSpec.jobId)).failed.length === failedEvents);
      expect((await eventsOf(jobSpec.jobId)).completed).toEqual([]);
    },
  );

  it("that is refused ends the job with that error, and nothing is told to the ledger", async () => {
    const runner = new ScriptedRunner(WORDS, { tokenMs: 20 });
    await startWorker(runner);
    const refused = new FlockError("insufficient_funds", "insufficient balance");
    const hold = async (): Promise<never> => {
      await eventually(() => runner.jobs.length > 0);
      throw refused;
    };
    const jobSpec = paidBy(hold);
    const job = submit(await startRequester(), jobSpec);
    expect((await job.ended).error).toBe(refused);
    expect(job.chunks).toEqual([]);
    await eventually(() => runner.aborted === 1);
    await eventually(() => router.finished.some(({ jobId }) => jobId === jobSpec.jobId));
    expect(await eventsOf(jobSpec.jobId)).toEqual({ completed: [], failed: [] });
  });

  it("comes before routing for accounts in doubt", async () => {
    const runner = new ScriptedRunner(WORDS);
    await startWorker(runner);
    const hold = () => Promise.reject(new FlockError("insufficient_funds", "no"));
    await submit(await startRequester(), spec({ payer: { kind: "client", hold, holdFirst: true } })).ended;
    expect(runner.jobs).toEqual([]);
  });

  it("that covers fewer tokens ends the answer there, with done reason length", async () => {
    await startWorker(new ScriptedRunner(WORDS, { tokenMs: 10 }));
    const jobSpec = paidBy(async () => ({ completionTokensMax: 10 }));
    const job = submit(await startRequester(), jobSpec);
    expect(await job.ended).toMatchObject({
      outcome: "completed",
      doneReason: "length",
      completionTokens: 10,
    });
    expect(job.text()).toBe(WORDS.slice(0, 10).join(""));
  });

  it.each([
    ["while the worker still runs", 10],
    ["after the worker has finished", 0],
  ])(
    "cuts an answer that is already longer than it pays for, if it is granted %s",
    async (_when, tokenMs) => {
      await startWorker(new ScriptedRunner(WORDS, { tokenMs }));
      let grant: () => void = () => {};
      const held = new Promise<{ completionTokensMax: number }>((resolve) => {
        grant = () => resolve({ completionTokensMax: 10 });
      });
      const jobSpec = paidBy(() => held);
      const requester = await startRequester();
      const job = submit(requester, jobSpec);
      if (tokenMs === 0) await eventually(() => router.finished.some(({ jobId }) => jobId === jobSpec.jobId));
      else await new Promise((resolve) => setTimeout(resolve, 250));
      grant();
      expect(await job.ended).toMatchObject({
        outcome: "completed",
        doneReason: "length",
        completionTokens: 10,
      });
      expect(job.text()).toBe(WORDS.slice(0, 10).join(""));
      const [charged] = await eventually(async () => {
        const { completed } = await eventsOf(jobSpec.jobId);
        return completed.length === 1 && completed;
      });
      expect(charged?.completionTokens).toBe(10);
    },
  );
});

describe("a job that the network wants", () => {
  it("is paid by the account set aside for it, and its worker like any other", async () => {
    const worker = await startWorker(new ScriptedRunner(WORDS));
    let held = 0;
    const hold = async () => {
      held += 1;
      return { completionTokensMax: 1_000 };
    };
    const jobSpec = spec({ payer: { kind: "pool", accountId: "verification", hold } });
    const { receipt } = await submit(await startRequester(), jobSpec).ended;
    const [charged] = await eventually(async () => {
      const { completed } = await eventsOf(jobSpec.jobId);
      return completed.length === 1 && completed;
    });
    expect(held).toBe(1);
    expect(charged).toMatchObject({
      accountId: "verification",
      workerId: worker.identity.id,
      promptTokens: 3,
      completionTokens: 40,
    });
    expect(charged?.receipt?.signature).toEqual(receipt?.signature);
  });

  it("has its hold given back when it fails", async () => {
    const hold = async () => ({ completionTokensMax: 1_000 });
    const jobSpec = spec({ payer: { kind: "pool", accountId: "verification", hold } });
    const job = submit(await startRequester(), jobSpec);
    job.handle.cancel();
    const [told] = await eventually(async () => {
      const { failed } = await eventsOf(jobSpec.jobId);
      return failed.length === 1 && failed;
    });
    expect(told?.accountId).toBe("verification");
  });
});

describe("a job that nobody pays for", () => {
  it("is delivered without a hold, and told of as free", async () => {
    await startWorker(new ScriptedRunner(WORDS));
    const requester = await startRequester();
    const free = spec({ payer: { kind: "nobody" }, completionPriceMicro: 3n });
    const job = submit(requester, free);
    expect(await job.ended).toMatchObject({ outcome: "completed", completionTokens: 40 });
    expect(job.text()).toBe(TEXT);
    await eventually(async () => (await eventsOf(free.jobId)).completed.length === 1);
    expect(await eventsOf(free.jobId)).toMatchObject({
      completed: [{ isFree: true, completionTokens: 40, completionPriceMicro: 0n, heldMicro: 0n }],
      failed: [],
    });
  });
});
