import { generateIdentity, type Identity } from "@flock/keys";
import { encode, PROTOCOL_VERSION, SUBJECTS } from "@flock/proto";
import { Chunk, Claim, ClaimRefusal, ClaimReply, Final, Outcome, WorkerReport } from "@flock/proto/jobs";
import { newSealingPair, openWork, type SealingPair } from "@flock/sealing";
import { type ContentSealer, sealedTo } from "../src/content/content-sealer.js";
import type { JobSpec } from "../src/index.js";
import { openReceipt } from "../src/index.js";
import { DIGEST } from "./fake-router.js";
import {
  addressOf,
  chunkOf,
  cleanups,
  connect,
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

/** A worker whose every message is the test's. */
class Rogue {
  readonly identity: Identity = generateIdentity();
  readonly pair: SealingPair = newSealingPair(this.identity);

  async claim(jobId: string, changes: Partial<Claim> = {}): Promise<ClaimReply> {
    const claim = Claim.fromPartial({
      ...{ version: PROTOCOL_VERSION, jobId, workerId: this.identity.id, modelDigest: DIGEST },
      ...{ sealingKey: this.pair.publicKey, sealingSignature: this.pair.signature },
      ...changes,
    });
    const subject = SUBJECTS.claim(this.identity.id, await addressOf(jobId));
    return ClaimReply.decode((await mesh.nats.request(subject, encode(Claim, claim))).data);
  }

  /** Claims as an honest worker does, and opens the grant. */
  async lease(jobId: string): Promise<ContentSealer> {
    const { result } = await this.claim(jobId);
    if (result?.$case !== "grant" || result.value.work?.$case !== "sealed")
      throw new Error("the work was not granted sealed");
    const requesterId = await addressOf(jobId);
    const names = { jobId, lease: result.value.lease, workerId: this.identity.id, requesterId };
    const opened = await openWork(this.pair, names, result.value.work.value);
    if (opened === undefined) throw new Error("the work does not open");
    return sealedTo(opened.sealers);
  }

  async report(jobId: string, report: Partial<Pick<WorkerReport, "chunks" | "finals">>): Promise<void> {
    const whole = { version: PROTOCOL_VERSION, chunks: [], finals: [], progress: [], ...report };
    const subject = SUBJECTS.report(this.identity.id, await addressOf(jobId));
    mesh.nats.publish(subject, encode(WorkerReport, whole));
  }
}

/** The chunk with the number `seq` of a job's first lease, in one word. */
function sealedChunk(sealer: ContentSealer, jobId: string, seq: number, text: string): Chunk {
  const { content } = chunkOf(jobId, text);
  if (content?.$case !== "plain") throw new Error("no content");
  const piece = { content: content.value, tokens: 1, tokensMax: 0 };
  return sealer.chunk({ jobId, lease: 1, seq, promptTokens: 3 }, [piece]);
}

/** Has an honest worker end the job, and expects the rogue to be the one that is blamed for its lease. */
async function expectBlamed({ jobId }: JobSpec, rogue: Rogue): Promise<void> {
  const finished = await eventually(() =>
    router.finished.find((one) => one.jobId === jobId && one.workerId === rogue.identity.id),
  );
  expect(finished).toMatchObject({ lease: 1, outcome: Outcome.FAILED });
}

describe("sealed leases", () => {
  it("carry prompt and answer unreadably, and say so in the result and in the receipt", async () => {
    const seen: Buffer[] = [];
    const tap = await connect();
    cleanups.push(() => tap.close());
    tap.nats.subscribe(">", { callback: (_error, msg) => void seen.push(Buffer.from(msg.data)) });
    await tap.nats.flush();
    await startWorker(new ScriptedRunner(WORDS, { tokenMs: 1 }));
    const requester = await startRequester();
    const requestJson = Buffer.from(JSON.stringify({ prompt: "marked ".repeat(50_000) }));
    const job = submit(requester, spec({ requestJson, privacyMin: "sealed-to-worker" }));
    const { receipt, ...result } = await job.ended;
    expect(result).toMatchObject({ outcome: "completed", privacy: "sealed-to-worker" });
    expect(job.text()).toBe(TEXT);
    expect(job.chunks).toHaveLength(WORDS.length);
    expect(receipt && openReceipt(receipt)?.privacy).toBe(2);
    const messages = Buffer.concat(seen);
    expect(messages.length).toBeGreaterThan(350_000);
    expect(["marked", "w17 "].filter((words) => messages.includes(words))).toEqual([]);
  });

  it("have a sender's key each, though their worker offers the same key in all claims of some seconds", async () => {
    const offered = new Set<string>();
    const sent = new Set<string>();
    const tap = await connect();
    cleanups.push(() => tap.close());
    const answered = new Set<string>();
    tap.nats.subscribe("claim.>", {
      callback: (_error, { data, reply = "" }) => {
        offered.add(Buffer.from(Claim.decode(data).sealingKey).toString("hex"));
        answered.add(reply);
      },
    });
    tap.nats.subscribe("_INBOX.>", {
      callback: (_error, { subject, data }) => {
        const { result } = answered.has(subject) ? ClaimReply.decode(data) : ClaimReply.create();
        if (result?.$case !== "grant" || result.value.work?.$case !== "sealed") return;
        sent.add(Buffer.from(result.value.work.value.subarray(0, 32)).toString("hex"));
      },
    });
    await tap.nats.flush();
    await startWorker(new ScriptedRunner(WORDS));
    const requester = await startRequester();
    const ends = await Promise.all([1, 2, 3].map(() => submit(requester, spec()).ended));
    expect(ends.map(({ privacy }) => privacy)).toEqual(new Array(3).fill("sealed-to-worker"));
    expect([offered.size, sent.size]).toEqual([1, 3]);
  });

  it("are not made for a worker that offers no key, if the job is to be sealed", async () => {
    const requester = await startRequester();
    const jobSpec = spec({ privacyMin: "sealed-to-worker" });
    const job = submit(requester, jobSpec);
    const keyless = await new Rogue().claim(jobSpec.jobId, { sealingKey: Buffer.alloc(0) });
    expect(keyless.result).toEqual({ $case: "refusal", value: ClaimRefusal.EXCLUDED });
    await startWorker(new ScriptedRunner(WORDS));
    expect(await job.ended).toMatchObject({ outcome: "completed", leases: 1 });
  });

  it("give the plain label to a job that any of its workers had in plain text", async () => {
    const requester = await startRequester();
    const jobSpec = spec();
    const job = submit(requester, jobSpec);
    const rogue = new Rogue();
    const { result } = await rogue.claim(jobSpec.jobId, { sealingKey: Buffer.alloc(0) });
    expect(result?.$case === "grant" && result.value.work?.$case).toBe("plaintext");
    await startWorker(new ScriptedRunner(WORDS));
    expect(await job.ended).toMatchObject({ outcome: "completed", leases: 2, privacy: "plaintext" });
  });

  it("are refused for a key that another one than the worker has signed, or nobody", async () => {
    const requester = await startRequester();
    const jobSpec = spec();
    const job = submit(requester, jobSpec);
    const rogue = new Rogue();
    const other = newSealingPair(generateIdentity());
    for (const changes of [
      { sealingKey: other.publicKey, sealingSignature: other.signature },
      { sealingKey: other.publicKey },
      { sealingSignature: Buffer.alloc(0) },
      { sealingKey: rogue.pair.publicKey.subarray(1) },
      { sealingKey: Buffer.alloc(33, 1) },
    ]) {
      const { result } = await rogue.claim(jobSpec.jobId, changes);
      expect(result).toEqual({ $case: "refusal", value: ClaimRefusal.EXCLUDED });
    }
    await startWorker(new ScriptedRunner(WORDS));
    expect(await job.ended).toMatchObject({ outcome: "completed", leases: 1 });
  });

  it("end at once for a key of low order, and the job goes on elsewhere", async () => {
    const requester = await startRequester();
    const jobSpec = spec();
    const job = submit(requester, jobSpec);
    const rogue = new Rogue();
    const sealingKey = new Uint8Array(32);
    const domain = Buffer.from("flock/sealing-key/v1\0");
    const sealingSignature = rogue.identity.sign(Buffer.concat([domain, sealingKey]));
    const { result } = await rogue.claim(jobSpec.jobId, { sealingKey, sealingSignature });
    expect(result).toEqual({ $case: "refusal", value: ClaimRefusal.CANCELLED });
    await expectBlamed(jobSpec, rogue);
    await startWorker(new ScriptedRunner(WORDS));
    expect(await job.ended).toMatchObject({ outcome: "completed", leases: 2 });
    expect(job.text()).toBe(TEXT);
  });

  it.each<[string, (sealer: ContentSealer, jobId: string) => Partial<WorkerReport>]>([
    ["a chunk in plain text", (_sealer, jobId) => ({ chunks: [chunkOf(jobId, "INJECTED")] })],
    [
      "a chunk that is noise",
      (_sealer, jobId) => {
        const content = { $case: "sealed", value: Buffer.alloc(64, 7) } as const;
        return { chunks: [Chunk.fromPartial({ jobId, lease: 1, content, tokens: 1 })] };
      },
    ],
    [
      "a chunk that claims more tokens than was sealed with it",
      (sealer, jobId) => ({ chunks: [{ ...sealedChunk(sealer, jobId, 0, "w0 "), tokens: 9 }] }),
    ],
    [
      "a chunk under another number",
      (sealer, jobId) => ({ chunks: [{ ...sealedChunk(sealer, jobId, 1, "w0 "), seq: 0 }] }),
    ],
    [
      "a final that is not sealed",
      (_sealer, jobId) => ({
        finals: [Final.fromPartial({ jobId, lease: 1, outcome: Outcome.COMPLETED, doneReason: "stop" })],
      }),
    ],
    [
      "a final that was sealed with another outcome",
      (sealer, jobId) => {
        const failed = Final.fromPartial({ jobId, lease: 1, outcome: Outcome.FAILED, error: "x" });
        return { finals: [{ ...sealer.final(failed), outcome: Outcome.COMPLETED }] };
      },
    ],
  ])("end with %s: its worker is blamed, and the job goes on elsewhere", async (_what, report) => {
    const requester = await startRequester();
    const jobSpec = spec();
    const job = submit(requester, jobSpec);
    const rogue = new Rogue();
    const sealer = await rogue.lease(jobSpec.jobId);
    await rogue.report(jobSpec.jobId, report(sealer, jobSpec.jobId));
    await expectBlamed(jobSpec, rogue);
    await startWorker(new ScriptedRunner(WORDS));
    expect(await job.ended).toMatchObject({ outcome: "completed", leases: 2, completionTokens: 40 });
    expect(job.text()).toBe(TEXT);
  });

  it("take no chunk twice: the same one again is a lost lease, as it is in plain text", async () => {
    const requester = await startRequester();
    const jobSpec = spec();
    const job = submit(requester, jobSpec);
    const rogue = new Rogue();
    const sealer = await rogue.lease(jobSpec.jobId);
    const first = sealedChunk(sealer, jobSpec.jobId, 0, "w0 ");
    await rogue.report(jobSpec.jobId, { chunks: [first, { ...first, seq: 1 }] });
    await expectBlamed(jobSpec, rogue);
    expect(job.text()).toBe("w0 ");
    await startWorker(new ScriptedRunner(WORDS));
    expect(await job.ended).toMatchObject({ outcome: "completed", leases: 2 });
    expect(job.text()).toBe(TEXT);
  });

  it("tell the client the engine's words, and nobody else", async () => {
    const seen: Buffer[] = [];
    const tap = await connect();
    cleanups.push(() => tap.close());
    tap.nats.subscribe(">", { callback: (_error, msg) => void seen.push(Buffer.from(msg.data)) });
    await tap.nats.flush();
    await startWorker(new ScriptedRunner(WORDS, { accident: "refuse" }));
    const requester = await startRequester();
    const { error } = await submit(requester, spec()).ended;
    expect(error?.message).toBe("no such option");
    expect(seen.length).toBeGreaterThan(3);
    expect(Buffer.concat(seen).includes("such option")).toBe(false);
  });
});
