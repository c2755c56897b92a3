import { generateIdentity } from "@flock/keys";
import { Operation } from "@flock/proto/jobs";
import { PLAIN_SEALER } from "../content/content-sealer.js";
import { LeaseRun } from "./lease-run.js";
import type { ReportSender } from "./report-sender.js";

describe("a lease whose engine takes long to stop", () => {
  it.each([
    ["says no more that it lives, if its requester told it to stop", "cancelled", ["progress", "final"]],
    ["says that it lives, while it is given back", "returned", ["progress", "progress", "final"]],
  ] as const)("%s", async (_, reason, expected) => {
    const said: string[] = [];
    let stopEngine: () => void = () => {};
    const stopped = new Promise<void>((resolve) => {
      stopEngine = resolve;
    });
    const run = new LeaseRun({
      job: {
        jobId: "job",
        lease: 1,
        operation: Operation.GENERATE,
        model: "fake:latest",
        request: {},
        resume: undefined,
      },
      coalesce: false,
      requesterId: "requester",
      modelDigest: "ab".repeat(32),
      workerId: "worker",
      signer: generateIdentity(),
      runner: {
        run: async (_job, _emit, signal) => {
          await stopped;
          throw signal.reason;
        },
      },
      // CAST: all that a run has of it.
      sender: {
        progress: () => void said.push("progress"),
        final: () => void said.push("final"),
      } as unknown as ReportSender,
      sealer: PLAIN_SEALER,
      onOutput: () => {},
    });
    const outcome = run.run();
    run.sendProgress();
    run.end(reason);
    run.sendProgress();
    stopEngine();
    await outcome;
    expect(said).toEqual(expected);
  });
});
