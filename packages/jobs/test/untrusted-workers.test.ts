import { generateIdentity } from "@flock/keys";
import { encode, PROTOCOL_VERSION, SUBJECTS } from "@flock/proto";
import { Claim, ClaimReply, WorkerControl, WorkerReport } from "@flock/proto/jobs";
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

  it("cannot stop another worker's run with an answer to their own claim, sent to its subject", async () => {
    const victim = await startWorker(new ScriptedRunner(WORDS, { tokenMs: 10 }));
    const requester = await startRequester();
    const jobSpec = spec();
    const job = submit(requester, jobSpec);
    await eventually(() => job.chunks.length > 2);
    const rogue = await connect();
    cleanups.push(() => rogue.close());
    const claim = Claim.fromPartial({ version: 1, jobId: jobSpec.jobId, workerId: "x", modelDigest: DIGEST });
    const subject = SUBJECTS.claim("x", await addressOf(jobSpec.jobId));
    const answer = await rogue.nats.request(subject, encode(Claim, claim), { timeout: 5_000 });
    // Whatever it says: it has the header that commands do not have.
    expect(answer.headers?.keys()).toEqual(["Flock-Answer"]);
    const command = { $case: "cancel", value: { jobId: jobSpec.jobId, lease: 1 } } as const;
    const cancel = encode(WorkerControl, { version: PROTOCOL_VERSION, command });
    const { headers } = answer;
    rogue.nats.publish(
      SUBJECTS.control(victim.identity.id),
      cancel,
      headers === undefined ? {} : { headers },
    );
    expect(await job.ended).toMatchObject({ outcome: "completed", leases: 1 });
    expect(job.text()).toBe(TEXT);
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
});
