import { WorkerRuntime } from "@flock/jobs";
import { identityFromSeed, meshSignerOf } from "@flock/keys";
import { signedBy } from "@flock/mesh";
import { encode, SUBJECTS } from "@flock/proto";
import { WorkerControl } from "@flock/proto/jobs";
import fc from "fast-check";
import { fuzzTarget } from "../fuzz-target.js";
import { mutatedMessages } from "../generators/wire.js";
import { mustHold } from "../outcome.js";
import { FakeMesh } from "../rigs/fake-mesh.js";

const worker = identityFromSeed(new Uint8Array(32).fill(3));
const signer = meshSignerOf([identityFromSeed(new Uint8Array(32).fill(4))]);
const CONTROL = SUBJECTS.control(worker.id);
const MODEL = "m:latest";
const COMMANDS: readonly NonNullable<WorkerControl["command"]>[] = [
  { $case: "cancel", value: { jobId: "job", lease: 1 } },
  { $case: "holdOff", value: { durationMs: 5, reason: "its breaker is open" } },
  { $case: "describeModel", value: { model: MODEL } },
  { $case: "requesterAlive", value: { requesterId: "requester" } },
];
const SEEDS = COMMANDS.map((command) => encode(WorkerControl, { version: 1, command }));
/** Heartbeat, description, and a pull for each slot. */
const PUBLISHED_MAX = 8;

export const commands = fuzzTarget({
  name: "commands",
  about: "what a worker is told to do, signed by the mesh for it or for another one",
  open: () => {
    const fake = new FakeMesh();
    const stopping = new AbortController();
    const runtime = new WorkerRuntime({
      ...{ mesh: fake.mesh, workerId: worker.id, signer: worker, meshKeys: () => signer.publicKeys },
      ...{ slots: 1, drainTimeoutMs: 0, runner: { run: () => Promise.reject(new Error("there is no job")) } },
      describe: async () => undefined,
    });
    const stopped = runtime.start(stopping.signal);
    runtime.setModels([
      { name: MODEL, digest: "ab".repeat(32), sizeBytes: 1, loaded: true, contextLength: 2_048 },
    ]);
    return {
      inputs: fc.record({ command: mutatedMessages(SEEDS), isForAnother: fc.boolean() }),
      probe: ({ command, isForAnother }) => {
        const purpose = isForAnother ? SUBJECTS.control("another") : CONTROL;
        fake.feed(CONTROL, CONTROL, command, { headers: signedBy(signer, purpose, command) });
        mustHold(fake.published <= PUBLISHED_MAX, `a command had ${fake.published} messages sent`);
        mustHold(!isForAnother || fake.dropped === 1, "a command for another worker is believed");
        return fake.dropped === 0;
      },
      close: async () => {
        stopping.abort();
        await stopped;
      },
    };
  },
});
