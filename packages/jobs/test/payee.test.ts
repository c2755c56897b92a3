import { generateIdentity } from "@flock/keys";
import {
  eventsOf,
  eventually,
  spec,
  startRequester,
  startWorker,
  submit,
  TEXT,
  WORDS,
} from "./protocol-rig.js";
import { ScriptedRunner } from "./scripted-runner.js";

describe("a worker that works for another account", () => {
  it("signs for its work, and the ledger hears who is paid for it", async () => {
    const payeeId = generateIdentity().id;
    const { identity } = await startWorker(new ScriptedRunner(WORDS), 1, {}, { payeeId });
    const job = submit(await startRequester(), spec());
    expect(await job.ended).toMatchObject({ outcome: "completed" });
    expect(job.text()).toBe(TEXT);
    const { completed } = await eventually(async () => {
      const events = await eventsOf(job.handle.jobId);
      return events.completed.length > 0 && events;
    });
    expect(completed).toMatchObject([{ workerId: identity.id, payeeId }]);
    expect(completed[0]?.receipt?.signer).toBe(identity.id);
  });

  it("is paid itself if it names nobody", async () => {
    const { identity } = await startWorker(new ScriptedRunner(WORDS), 1);
    const job = submit(await startRequester(), spec());
    await job.ended;
    const { completed } = await eventually(async () => {
      const events = await eventsOf(job.handle.jobId);
      return events.completed.length > 0 && events;
    });
    expect(completed).toMatchObject([{ workerId: identity.id, payeeId: "" }]);
  });

  it.each(["nobody", "1".repeat(32), "../earnings"])(
    "is not believed if nobody can own the account: %s",
    async (payeeId) => {
      await startWorker(new ScriptedRunner(WORDS), 1, {}, { payeeId });
      const job = submit(await startRequester(), spec());
      await job.ended;
      const { completed } = await eventually(async () => {
        const events = await eventsOf(job.handle.jobId);
        return events.completed.length + events.failed.length > 0 && events;
      });
      expect(completed).toEqual([]);
    },
  );
});
