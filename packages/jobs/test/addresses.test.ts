import { generateIdentity } from "@flock/keys";
import { SteppedClock } from "@flock/mesh/testing";
import { encode, PROTOCOL_VERSION, SUBJECTS } from "@flock/proto";
import { Claim, ClaimRefusal, ClaimReply, WorkerControl, WorkerReport } from "@flock/proto/jobs";
import { jest } from "@jest/globals";
import { openReceipt, REQUESTER_DEFAULTS, type Requester } from "../src/index.js";
import { ADDRESS_USE_MS } from "../src/requester/requester-addresses.js";
import { DIGEST } from "./fake-router.js";
import {
  addressOf,
  chunkOf,
  cleanups,
  connect,
  eventsOf,
  eventually,
  FAST,
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

const specOf = (clock: SteppedClock) => spec({ deadlineUnixMs: clock.unixMs() + 24 * 3_600_000 });

/** What jobs get that are begun now, once that is another address than `before`. */
function newAddressOf(requester: Requester, clock: SteppedClock, before: string): Promise<string> {
  return eventually(async () => {
    const probe = specOf(clock);
    const job = submit(requester, { ...probe, onlyWorkerId: "nobody" });
    const address = await addressOf(probe.jobId);
    job.handle.cancel();
    await job.ended;
    return address !== before && address;
  });
}

describe("a requester's address", () => {
  it("has the same form for every requester, and says nothing of the process behind it", async () => {
    const subscribed = jest.spyOn(mesh.nats, "subscribe");
    await startRequester();
    await startRequester();
    const subjects = subscribed.mock.calls
      .map(([subject]) => subject)
      .filter((one) => /^(claim|res)\./.test(one));
    subscribed.mockRestore();
    expect(subjects.map((subject) => subject.replace(/[0-9A-Za-z]{22}$/, "<name>")).sort()).toEqual([
      ...["claim.*.<name>", "claim.*.<name>"],
      ...["res.*.<name>", "res.*.<name>"],
    ]);
    const names = new Set(subjects.map((subject) => subject.split(".")[2] ?? ""));
    expect(new Set([...names].map((name) => name.slice(0, 4))).size).toBe(2);
  });

  it("changes over time, and a job that began at the old one is completed and paid for", async () => {
    const worker = await startWorker(new ScriptedRunner(WORDS, { tokenMs: 40 }));
    const clock = new SteppedClock();
    const requester = await startRequester(FAST, clock);
    const oldSpec = specOf(clock);
    const old = submit(requester, oldSpec);
    await eventually(() => old.chunks.length > 3);
    clock.step(ADDRESS_USE_MS.max);
    const oldAddress = await addressOf(oldSpec.jobId);
    const newAddress = await newAddressOf(requester, clock, oldAddress);
    expect(await old.ended).toMatchObject({ outcome: "completed", completionTokens: 40, leases: 1 });
    expect(old.text()).toBe(TEXT);
    const { completed } = await eventually(async () => {
      const events = await eventsOf(oldSpec.jobId);
      return events.completed.length > 0 && events;
    });
    expect(completed[0]?.workerId).toBe(worker.identity.id);
    const receipt = completed[0]?.receipt;
    expect(receipt && openReceipt(receipt)?.requesterId).toBe(oldAddress);
    const finished = await eventually(() => router.finished.find(({ jobId }) => jobId === oldSpec.jobId));
    expect([finished.lease, newAddress.length]).toEqual([1, 22]);
  });

  it("does not answer for jobs of another one, so that nobody can try which belong together", async () => {
    const clock = new SteppedClock();
    const requester = await startRequester(FAST, clock);
    const first = specOf(clock);
    const job = submit(requester, first);
    const firstAddress = await addressOf(first.jobId);
    clock.step(ADDRESS_USE_MS.max);
    const secondAddress = await newAddressOf(requester, clock, firstAddress);
    const rogue = await connect();
    cleanups.push(() => rogue.close());
    const workerId = generateIdentity().id;
    const stops: string[] = [];
    rogue.nats.subscribe(SUBJECTS.control(workerId), {
      callback: (_error, msg) => {
        const { command } = WorkerControl.decode(msg.data);
        if (command?.$case === "cancel") stops.push(command.value.jobId);
      },
    });
    const claimAt = async (address: string): Promise<unknown> => {
      const claim = { version: PROTOCOL_VERSION, jobId: first.jobId, workerId, modelDigest: DIGEST };
      const bytes = encode(Claim, Claim.fromPartial(claim));
      const reply = await rogue.nats.request(SUBJECTS.claim(workerId, address), bytes);
      const { result } = ClaimReply.decode(reply.data);
      return result?.$case === "refusal" ? result.value : result?.$case;
    };
    expect(await claimAt(secondAddress)).toBe(ClaimRefusal.UNKNOWN_JOB);
    expect(await claimAt(firstAddress)).toBe("grant");
    const report = WorkerReport.fromPartial({
      version: PROTOCOL_VERSION,
      chunks: [chunkOf(first.jobId, "elsewhere")],
    });
    rogue.nats.publish(SUBJECTS.report(workerId, secondAddress), encode(WorkerReport, report));
    await eventually(() => stops.length > 0);
    expect([stops, job.chunks]).toEqual([[first.jobId], []]);
    job.handle.cancel();
    clock.step(REQUESTER_DEFAULTS.cancelTimeoutMs + 1);
    await job.ended;
  });
});
