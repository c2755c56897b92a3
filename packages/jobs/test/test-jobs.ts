import { randomUUID } from "node:crypto";
import { Operation } from "@flock/proto/jobs";
import type { DeliveredChunk, JobHandle, JobResult, JobSpec, Requester } from "../src/index.js";
import { DIGEST, MODEL } from "./fake-router.js";

/* Jobs as a service would submit them. */

export function spec(changes: Partial<JobSpec> = {}): JobSpec {
  return {
    jobId: randomUUID(),
    accountId: "alice",
    keyId: "key-of-alice",
    tier: 0,
    operation: Operation.GENERATE,
    model: MODEL,
    modelDigest: DIGEST,
    promptPriceMicro: 1n,
    completionPriceMicro: 3n,
    promptBytes: 10,
    completionTokensMax: 1_000,
    deadlineUnixMs: Date.now() + 30_000,
    requestJson: new TextEncoder().encode('{"prompt":"hi"}'),
    resume: "continue",
    coalesce: false,
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    payer: { kind: "client", hold: async () => ({ completionTokensMax: 1_000 }) },
    ...changes,
  };
}

export interface Running {
  readonly handle: JobHandle;
  readonly chunks: DeliveredChunk[];
  readonly ended: Promise<JobResult>;
  text(): string;
}

export function submit(requester: Requester, jobSpec: JobSpec): Running {
  const chunks: DeliveredChunk[] = [];
  let resolveEnd: (result: JobResult) => void = () => {};
  const ended = new Promise<JobResult>((resolve) => {
    resolveEnd = resolve;
  });
  const handle = requester.submit(jobSpec, {
    onChunk: (chunk) => void chunks.push(chunk),
    onEnd: (result) => resolveEnd(result),
  });
  return { handle, chunks, ended, text: () => chunks.map((chunk) => chunk.text).join("") };
}
