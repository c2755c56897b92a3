import { generateIdentity } from "@flock/keys";
import { encode, PROTOCOL_VERSION, SUBJECTS } from "@flock/proto";
import { Claim, ClaimRefusal, ClaimReply } from "@flock/proto/jobs";
import { EXCLUDED_WORKERS_MAX } from "../src/index.js";
import { DIGEST } from "./fake-router.js";
import {
  addressOf,
  cleanups,
  connect,
  eventually,
  router,
  spec,
  startRequester,
  startWorker,
  submit,
  WORDS,
} from "./protocol-rig.js";
import { ScriptedRunner } from "./scripted-runner.js";

const runner = () => new ScriptedRunner(WORDS);

describe("a job that only one worker may have", () => {
  it("runs on that one, whoever else pulls its ticket", async () => {
    for (let other = 0; other < 2; other++) await startWorker(runner());
    const only = await startWorker(runner());
    const requester = await startRequester();
    for (let job = 0; job < 5; job++) {
      const result = await submit(requester, spec({ onlyWorkerId: only.identity.id })).ended;
      expect([result.outcome, result.workerIds]).toEqual(["completed", [only.identity.id]]);
    }
  });

  it("is refused to a worker that claims it all the same", async () => {
    const requester = await startRequester();
    const jobSpec = spec({ onlyWorkerId: generateIdentity().id });
    const job = submit(requester, jobSpec);
    expect(await refusalOf(jobSpec.jobId, generateIdentity().id)).toBe(ClaimRefusal.EXCLUDED);
    job.handle.cancel();
    await job.ended;
  });
});

describe("a job that some workers may never have", () => {
  it("runs on another one, and is refused to them for good", async () => {
    const excluded = await startWorker(runner());
    const requester = await startRequester();
    const jobSpec = spec({ excludedWorkerIds: [excluded.identity.id] });
    const job = submit(requester, jobSpec);
    expect(await refusalOf(jobSpec.jobId, excluded.identity.id)).toBe(ClaimRefusal.EXCLUDED);
    const other = await startWorker(runner());
    expect((await job.ended).workerIds).toEqual([other.identity.id]);
  });

  it("is not taken for one that a worker has failed: the router hears of its exclusions apart", async () => {
    const jobSpec = spec({ excludedWorkerIds: ["a", "b"], onlyWorkerId: "c", preferredWorkerId: "d" });
    const job = submit(await startRequester(), jobSpec);
    const request = await eventually(() => router.requests.find(({ jobId }) => jobId === jobSpec.jobId));
    expect(request).toMatchObject({
      barredWorkerIds: ["a", "b"],
      onlyWorkerId: "c",
      preferredWorkerId: "d",
      excludedWorkerIds: [],
      resumed: false,
    });
    job.handle.cancel();
    await job.ended;
  });

  it.each([
    ["an id that is no token of a subject", { excludedWorkerIds: ["a.*"] }],
    ["an only worker that is no token of a subject", { onlyWorkerId: "" }],
    ["too many", { excludedWorkerIds: new Array(EXCLUDED_WORKERS_MAX + 1).fill("w") }],
  ])("is not begun with %s", async (_what, changes) => {
    const requester = await startRequester();
    expect(() => submit(requester, spec(changes))).toThrow(
      expect.objectContaining({ code: "invalid_argument" }),
    );
  });
});

/** What a worker that does not look at tickets is told when it claims the job. */
async function refusalOf(jobId: string, workerId: string): Promise<unknown> {
  const rogue = await connect();
  cleanups.push(() => rogue.close());
  const claim = Claim.fromPartial({ version: PROTOCOL_VERSION, jobId, workerId, modelDigest: DIGEST });
  const subject = SUBJECTS.claim(workerId, await addressOf(jobId));
  const reply = await rogue.nats.request(subject, encode(Claim, claim));
  const { result } = ClaimReply.decode(reply.data);
  return result?.$case === "refusal" ? result.value : result?.$case;
}
