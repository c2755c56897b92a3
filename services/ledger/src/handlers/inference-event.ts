import { sha256Hex } from "@flock/epochs";
import { microLlama } from "@flock/money";
import {
  decodeWire,
  EVENTS,
  InferenceCompleted,
  InferenceFailed,
  isSubjectToken,
  MESSAGE_BYTES_MAX,
} from "@flock/proto";
import type { Settle, Void } from "../domain/job-operations.js";

export type InferenceEvent =
  | { readonly kind: "operation"; readonly operation: Settle | Void }
  /** A fact of inference that does not concern the ledger. */
  | { readonly kind: "other" }
  /** `reason` is a metric label. */
  | { readonly kind: "unreadable"; readonly reason: string };

const TEXT_LENGTH_MAX = 512;
const UNIX_MS_MAX = 8_640_000_000_000_000;

/** What an event under `evt.inference.` asks of the ledger. The bytes are not trusted. */
export function readInferenceEvent(subject: string, bytes: Uint8Array): InferenceEvent {
  if (subject === EVENTS.inferenceCompleted) return readCompleted(bytes);
  if (subject === EVENTS.inferenceFailed) return readFailed(bytes);
  return { kind: "other" };
}

function readCompleted(bytes: Uint8Array): InferenceEvent {
  const decoded = decodeWire(InferenceCompleted, bytes, MESSAGE_BYTES_MAX.event);
  if (!decoded.ok) return { kind: "unreadable", reason: decoded.reason };
  const event = decoded.message;
  const areIds = [event.jobId, event.accountId, event.workerId, event.requesterId].every(isSubjectToken);
  const areTexts = [event.model, event.modelDigest].every(isPlainText);
  const arePrices = event.promptPriceMicro >= 0n && event.completionPriceMicro >= 0n;
  const isTime = event.finishedUnixMs >= 0 && event.finishedUnixMs <= UNIX_MS_MAX;
  if (!areIds || !areTexts || !arePrices || !isTime) return { kind: "unreadable", reason: "invalid_values" };
  const receipt = event.receipt?.receipt;
  return {
    kind: "operation",
    operation: {
      kind: "settle",
      jobId: event.jobId,
      accountId: event.accountId,
      workerId: event.workerId,
      requesterId: event.requesterId,
      model: event.model,
      modelDigest: event.modelDigest,
      promptTokens: BigInt(event.promptTokens),
      completionTokens: BigInt(event.completionTokens),
      promptPrice: microLlama(event.promptPriceMicro),
      completionPrice: microLlama(event.completionPriceMicro),
      finishedAtMs: event.finishedUnixMs,
      ...(receipt === undefined ? {} : { receiptHash: sha256Hex(receipt) }),
    },
  };
}

function readFailed(bytes: Uint8Array): InferenceEvent {
  const decoded = decodeWire(InferenceFailed, bytes, MESSAGE_BYTES_MAX.event);
  if (!decoded.ok) return { kind: "unreadable", reason: decoded.reason };
  const { jobId } = decoded.message;
  if (!isSubjectToken(jobId)) return { kind: "unreadable", reason: "invalid_values" };
  return { kind: "operation", operation: { kind: "void", jobId } };
}

/** Postgres keeps no NUL in text. */
function isPlainText(text: string): boolean {
  return text.length <= TEXT_LENGTH_MAX && !text.includes("\0");
}
