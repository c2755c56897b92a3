import { openBucket } from "@flock/mesh";
import { BUCKETS, encode } from "@flock/proto";
import { Standing, StandingState } from "@flock/proto/verifier";
import { eventually, mesh, spec, startRequester, startWorker, submit, TEXT, WORDS } from "./protocol-rig.js";
import { ScriptedRunner } from "./scripted-runner.js";

/* What follows at the requester from what the verifier thinks of a worker. */

async function stand(workerId: string, state: StandingState): Promise<void> {
  const standing = Standing.fromPartial({ version: 1, state, sinceUnixMs: Date.now() });
  await (await openBucket(mesh, BUCKETS.standings)).put(workerId, encode(Standing, standing));
}

const runner = (tokenMs = 0) => new ScriptedRunner(WORDS, { tokenMs });

describe("a quarantined worker", () => {
  it("is granted only jobs that name it, until its standing is lifted", async () => {
    const { identity } = await startWorker(runner());
    await stand(identity.id, StandingState.QUARANTINED);
    // It reads the standings before it is ready.
    const requester = await startRequester();
    await eventually(() => requester.notReady() === undefined);
    const named = await submit(requester, spec({ onlyWorkerId: identity.id })).ended;
    expect([named.outcome, named.workerIds]).toEqual(["completed", [identity.id]]);
    const waiting = submit(requester, spec());
    const other = submit(requester, spec({ preferredWorkerId: identity.id }));
    await submit(requester, spec({ onlyWorkerId: identity.id })).ended;
    expect([waiting, other].map(({ handle }) => handle.progress().workerIds)).toEqual([[], []]);
    await stand(identity.id, StandingState.PROBATION);
    for (const { workerIds } of await Promise.all([waiting.ended, other.ended]))
      expect(workerIds).toEqual([identity.id]);
  });

  it("goes on with the jobs that it has begun", async () => {
    const { identity } = await startWorker(runner(20));
    const requester = await startRequester();
    const job = submit(requester, spec());
    await eventually(() => job.handle.progress().workerIds.length > 0);
    await stand(identity.id, StandingState.QUARANTINED);
    expect(await job.ended).toMatchObject({ outcome: "completed", workerIds: [identity.id] });
  });
});

describe("a convicted worker", () => {
  it("loses the jobs that it runs, which go on elsewhere without a word missing", async () => {
    const cheat = await startWorker(runner(50));
    const requester = await startRequester();
    const job = submit(requester, spec());
    await eventually(() => job.handle.progress().workerIds.length > 0);
    const honest = await startWorker(runner());
    await stand(cheat.identity.id, StandingState.CONVICTED);
    expect(await job.ended).toMatchObject({
      outcome: "completed",
      workerIds: [cheat.identity.id, honest.identity.id],
    });
    expect(job.text()).toBe(TEXT);
  });

  it("is granted not even a job that names it", async () => {
    const { identity } = await startWorker(runner());
    await stand(identity.id, StandingState.CONVICTED);
    const requester = await startRequester();
    await eventually(() => requester.notReady() === undefined);
    const job = submit(requester, spec({ onlyWorkerId: identity.id, deadlineUnixMs: Date.now() + 1_500 }));
    expect(await job.ended).toMatchObject({ outcome: "failed", workerIds: [] });
  });
});
