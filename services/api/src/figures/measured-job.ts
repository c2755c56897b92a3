import { decodeWire, MESSAGE_BYTES_MAX } from "@flock/proto";
import { type CompletedJob, InferenceCompleted } from "@flock/proto/events";

/** What a job that has ended tells of its model's speed. */
export interface MeasuredJob {
  readonly model: string;
  readonly workerId: string;
  readonly endedUnixMs: number;
  /** From the request to a worker that took it. */
  readonly waitMs: number;
  /** From the request to the first token; undefined: more than one worker had it. */
  readonly firstTokenMs: number | undefined;
  /** Once the answer had begun; undefined: likewise, or it was too short to tell. */
  readonly tokensPerSecond: number | undefined;
}

/** The speed of shorter answers is mostly that of their first piece. */
const TOKENS_MIN = 8;

/** The jobs of an event `evt.inference.completed` that were measured; undefined: it cannot be read. */
export function measuredJobs(bytes: Uint8Array): readonly MeasuredJob[] | undefined {
  const decoded = decodeWire(InferenceCompleted, bytes, MESSAGE_BYTES_MAX.event);
  return decoded.ok ? decoded.message.jobs.filter(isMeasured).map(measuredJob) : undefined;
}

/** A requester of an older version tells no times. */
function isMeasured({ queueMs, claimMs, prefillMs, decodeMs }: CompletedJob): boolean {
  return queueMs + claimMs + prefillMs + decodeMs > 0;
}

function measuredJob(job: CompletedJob): MeasuredJob {
  const { model, workerId, finishedUnixMs, leases, queueMs, claimMs, prefillMs, decodeMs } = job;
  const waitMs = queueMs + claimMs;
  const isOfOneWorker = leases === 1;
  const isTelling = isOfOneWorker && job.completionTokens >= TOKENS_MIN && decodeMs > 0;
  return {
    ...{ model, workerId, waitMs },
    endedUnixMs: finishedUnixMs,
    firstTokenMs: isOfOneWorker && job.completionTokens > 0 ? waitMs + prefillMs : undefined,
    tokensPerSecond: isTelling ? ((job.completionTokens - 1) * 1_000) / decodeMs : undefined,
  };
}
