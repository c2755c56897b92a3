import { ensureEventsStream, jetstreamOf, type Mesh } from "@flock/mesh";
import { EVENTS, encode, PROTOCOL_VERSION } from "@flock/proto";
import { CompletedJob, InferenceCompleted } from "@flock/proto/events";

/** Tells of jobs that have ended just now, in one event as a requester does. */
export async function jobsEnded(
  mesh: Mesh,
  jobs: readonly Parameters<typeof CompletedJob.fromPartial>[0][],
): Promise<void> {
  await ensureEventsStream(mesh);
  const ended = jobs.map((job) =>
    CompletedJob.fromPartial({
      ...{ jobId: "job", accountId: "alice", workerId: "worker", leases: 1, isFree: true },
      ...{ queueMs: 60, claimMs: 40, prefillMs: 100, decodeMs: 1_000, completionTokens: 51 },
      finishedUnixMs: Date.now(),
      ...job,
    }),
  );
  const event = { version: PROTOCOL_VERSION, requesterId: "requester", jobs: ended };
  await jetstreamOf(mesh).publish(EVENTS.inferenceCompleted, encode(InferenceCompleted, event));
}
