import { generateIdentity } from "@flock/keys";
import { encode, PROTOCOL_VERSION, REPORT_ITEMS_MAX, SUBJECTS } from "@flock/proto";
import { Claim, ClaimReply, WorkerReport } from "@flock/proto/jobs";
import { DIGEST } from "./fake-router.js";
import {
  addressOf,
  chunkOf,
  cleanups,
  connect,
  eventually,
  spec,
  startRequester,
  startWorker,
  submit,
  TEXT,
  WORDS,
} from "./protocol-rig.js";
import { ScriptedRunner } from "./scripted-runner.js";

describe("untrusted workers", () => {
  it("cannot claim in another worker's name, with another model, or twice", async () => {
    const requester = await startRequester();
    const jobSpec = spec();
    const job = submit(requester, jobSpec);
    const rogue = await connect();
    cleanups.push(() => rogue.close());
    const [a, b] = [generateIdentity().id, generateIdentity().id];
    const claimAs = async (subjectWorker: string, claim: Partial<Claim>) => {
      const whole = Claim.fromPartial({
        version: 1,
        jobId: jobSpec.jobId,
        workerId: a,
        modelDigest: DIGEST,
        ...claim,
      });
      const bytes = encode(Claim, whole);
      const subject = SUBJECTS.claim(subjectWorker, await addressOf(jobSpec.jobId));
      const reply = await rogue.nats.request(subject, bytes, {
        timeout: 300,
      });
      return ClaimReply.decode(reply.data).result?.$case;
    };
    await expect(claimAs(b, {})).rejects.toThrow("timeout");
    expect(await claimAs(a, { modelDigest: "cd".repeat(32) })).toBe("refusal");
    expect(await claimAs(a, {})).toBe("grant");
    expect(await claimAs(b, { workerId: b })).toBe("refusal");
    job.handle.cancel();
    await job.ended;
  });

  it("cannot speak for another worker's lease, nor with bytes that are no message", async () => {
    await startWorker(new ScriptedRunner(WORDS, { tokenMs: 10 }));
    const requester = await startRequester();
    const jobSpec = spec();
    const job = submit(requester, jobSpec);
    await eventually(() => job.chunks.length > 2);
    const rogue = await connect();
    cleanups.push(() => rogue.close());
    const report = {
      version: PROTOCOL_VERSION,
      chunks: [chunkOf(jobSpec.jobId, "INJECTED")],
      finals: [],
      progress: [],
    };
    const address = await addressOf(jobSpec.jobId);
    const subject = SUBJECTS.report(generateIdentity().id, address);
    rogue.nats.publish(subject, encode(WorkerReport, report));
    rogue.nats.publish(subject, Buffer.from("not protobuf"));
    rogue.nats.publish(subject, encode(WorkerReport, { ...report, version: 9 }));
    rogue.nats.publish(SUBJECTS.claim("x", address), Buffer.alloc(100_000, 7));
    expect(await job.ended).toMatchObject({ outcome: "completed", leases: 1 });
    expect(job.text()).toBe(TEXT);
  });

  it("have a bounded number of messages sent, however many leases that never were a report names", async () => {
    await startWorker(new ScriptedRunner(WORDS, { tokenMs: 10 }));
    const requester = await startRequester();
    const jobSpec = spec();
    const job = submit(requester, jobSpec);
    await eventually(() => job.chunks.length > 0);
    const rogue = await connect();
    cleanups.push(() => rogue.close());
    let told = 0;
    const callback = (): void => {
      told += 1;
    };
    rogue.nats.subscribe(SUBJECTS.control("x"), { callback });
    await rogue.nats.flush();
    const progress = Array.from({ length: 5_000 }, (_, index) => ({
      jobId: `j${index}`,
      lease: 1,
      chunks: 0,
    }));
    const subject = SUBJECTS.report("x", await addressOf(jobSpec.jobId));
    for (let from = 0; from < progress.length; from += REPORT_ITEMS_MAX) {
      const part = progress.slice(from, from + REPORT_ITEMS_MAX);
      const report = { version: PROTOCOL_VERSION, chunks: [], finals: [], progress: part };
      rogue.nats.publish(subject, encode(WorkerReport, report));
    }
    await job.ended;
    await rogue.nats.flush();
    expect(told).toBeGreaterThan(0);
    expect(told).toBeLessThan(50);
  });
});
