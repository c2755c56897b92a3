import { MICRO_LLAMA_MAX } from "@flock/money";
import { decodeWire, EVENTS, isSubjectToken, MESSAGE_BYTES_MAX } from "@flock/proto";
import { type CompletedJob, InferenceCompleted, InferenceFailed } from "@flock/proto/events";

/** What one completed job adds to the usage of its key. */
export interface UsedJob {
  readonly jobId: string;
  readonly accountId: string;
  readonly keyId: string;
  readonly model: string;
  /** UTC, such as 2026-11-22: when it ended. */
  readonly day: string;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly chargeMicro: bigint;
}

export type UsageEvent =
  /** `invalid`: jobs of the event whose values cannot be. */
  | {
      readonly kind: "used";
      readonly jobs: readonly UsedJob[];
      /** Ids of all jobs that it tells the end of. */
      readonly ended: readonly string[];
      readonly invalid: number;
    }
  /** `reason` is a metric label. */
  | { readonly kind: "unreadable"; readonly reason: string };

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const MODEL_LENGTH_MAX = 512;
/** 9999-12-31: a day that Postgres and people write with ten characters. */
const UNIX_MS_MAX = 253_402_300_799_999;

/** What an event below `evt.inference.` adds to the usage of keys; jobs without a key are none of theirs. */
export function readUsageEvent(subject: string, bytes: Uint8Array): UsageEvent {
  if (subject === EVENTS.inferenceCompleted) return readCompleted(bytes);
  if (subject === EVENTS.inferenceFailed) return readFailed(bytes);
  return { kind: "used", jobs: [], ended: [], invalid: 0 };
}

function readFailed(bytes: Uint8Array): UsageEvent {
  const decoded = decodeWire(InferenceFailed, bytes, MESSAGE_BYTES_MAX.event);
  if (!decoded.ok) return { kind: "unreadable", reason: decoded.reason };
  return { kind: "used", jobs: [], ended: idsOf(decoded.message.jobs), invalid: 0 };
}

function idsOf(jobs: readonly { readonly jobId: string }[]): string[] {
  return jobs.map(({ jobId }) => jobId).filter(isSubjectToken);
}

function readCompleted(bytes: Uint8Array): UsageEvent {
  const decoded = decodeWire(InferenceCompleted, bytes, MESSAGE_BYTES_MAX.event);
  if (!decoded.ok) return { kind: "unreadable", reason: decoded.reason };
  const ofKeys = decoded.message.jobs.filter(({ keyId }) => keyId !== "");
  const jobs = ofKeys.map(usedJob).filter((job) => job !== undefined);
  const ended = idsOf(decoded.message.jobs);
  return { kind: "used", jobs, ended, invalid: ofKeys.length - jobs.length };
}

function usedJob(job: CompletedJob): UsedJob | undefined {
  const { jobId, accountId, keyId, model, promptTokens, completionTokens, finishedUnixMs } = job;
  const { promptPriceMicro, completionPriceMicro, heldMicro } = job;
  const areIds = isSubjectToken(jobId) && isSubjectToken(accountId) && UUID.test(keyId);
  const isModel = model !== "" && model.length <= MODEL_LENGTH_MAX && !model.includes("\0");
  const isTime = finishedUnixMs >= 0 && finishedUnixMs <= UNIX_MS_MAX;
  const costMicro = BigInt(promptTokens) * promptPriceMicro + BigInt(completionTokens) * completionPriceMicro;
  // As the ledger charges: a template may have more tokens than the hold has reckoned with.
  const chargeMicro = heldMicro > 0n && costMicro > heldMicro ? heldMicro : costMicro;
  const isCharge = promptPriceMicro >= 0n && completionPriceMicro >= 0n && chargeMicro <= MICRO_LLAMA_MAX;
  if (!areIds || !isModel || !isTime || !isCharge) return undefined;
  const day = new Date(finishedUnixMs).toISOString().slice(0, 10);
  return { jobId, accountId, keyId, model, day, promptTokens, completionTokens, chargeMicro };
}
