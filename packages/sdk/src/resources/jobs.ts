import type { MicroLlama } from "@flock/money";
import type { CallOptions, Transport } from "../client/transport.js";
import {
  amount,
  type Decoder,
  type IsoTime,
  inside,
  list,
  number,
  object,
  oneOf,
  orNull,
  text,
  time,
  whole,
} from "../decoding/decoder.js";
import { type Pages, pagesOf } from "../pages.js";

/** Where the time of a job went, in milliseconds. */
export interface JobTiming {
  readonly queue: number;
  readonly claim: number;
  readonly prefill: number;
  readonly decode: number;
  readonly total: number;
}

export interface Job {
  readonly id: string;
  readonly state: "running" | "completed" | "failed" | "cancelled" | "unknown";
  readonly model: string;
  readonly keyId: string;
  readonly traceId: string;
  readonly createdAt: IsoTime;
  readonly finishedAt: IsoTime | null;
  /** Aliases, in order. */
  readonly workers: readonly string[];
  readonly resumes: number;
  readonly privacy: string | null;
  readonly timingMs: JobTiming;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly completionTokensBound: "exact" | "lower" | "upper" | "unknown";
  readonly chargeMicro: MicroLlama;
  readonly doneReason: string | null;
  readonly errorCode: string | null;
  /** Null: it runs, or no verifier answers. */
  readonly check: JobCheck | null;
}

/** How a job was checked. `not_drawn`: not at all; of a job that has just ended that may still change. */
export type JobCheck = "not_drawn" | "open" | "same" | "different" | "undetermined" | "opted_out" | "unknown";

/** What the last worker of a job has signed. The fields are the api's word for what is in `signedReceipt`. */
export interface Receipt {
  /** A `flock.jobs.v1.SignedReceipt` in base64. */
  readonly signedReceipt: string;
  readonly workerKey: string;
  readonly jobId: string;
  readonly lease: number;
  readonly requesterId: string;
  readonly model: string;
  readonly modelDigest: string;
  readonly outcome: string;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly resumedTokens: number;
  readonly outputSha256: string;
  readonly startedAt: IsoTime | null;
  readonly firstTokenAt: IsoTime | null;
  readonly finishedAt: IsoTime | null;
  readonly payee: string | null;
  /** The key that signed. */
  readonly signer: string;
  /** Why it may sign in the worker's name; null: it is the worker's own, or the api has it no more. */
  readonly delegation: { readonly text: string; readonly signature: string } | null;
}

export interface JobsResource {
  /** Of the last day, newest first. */
  list(options?: CallOptions): Pages<Job>;
  get(id: string, options?: CallOptions): Promise<Job>;
  receipt(id: string, options?: CallOptions): Promise<Receipt>;
}

const job: Decoder<Job> = object<Job>({
  id: text,
  state: oneOf(["running", "completed", "failed", "cancelled"]),
  model: text,
  keyId: text,
  traceId: text,
  createdAt: time,
  finishedAt: orNull(time),
  workers: list(text),
  resumes: whole,
  privacy: orNull(text),
  timingMs: object<JobTiming>({
    queue: number,
    claim: number,
    prefill: number,
    decode: number,
    total: number,
  }),
  promptTokens: whole,
  completionTokens: whole,
  completionTokensBound: oneOf(["exact", "lower", "upper"]),
  chargeMicro: amount,
  doneReason: orNull(text),
  errorCode: orNull(text),
  check: orNull(oneOf(["not_drawn", "open", "same", "different", "undetermined", "opted_out"])),
});
const receipt: Decoder<Receipt> = object<Receipt>(
  {
    signedReceipt: text,
    workerKey: text,
    jobId: text,
    lease: whole,
    requesterId: text,
    model: text,
    modelDigest: text,
    outcome: text,
    promptTokens: whole,
    completionTokens: whole,
    resumedTokens: whole,
    outputSha256: text,
    startedAt: orNull(time),
    firstTokenAt: orNull(time),
    finishedAt: orNull(time),
    payee: orNull(text),
    signer: text,
    delegation: orNull(object<NonNullable<Receipt["delegation"]>>({ text, signature: text })),
  },
  { outputSha256: "output_sha256" },
);

export function jobsResource(transport: Transport): JobsResource {
  const path = (id: string): string => `/jobs/${encodeURIComponent(id)}`;
  return {
    list: (options) => pagesOf(transport, { path: "/jobs", rows: "jobs", row: job }, options),
    get: (id, options) => transport.ask({ method: "GET", path: path(id) }, inside("job", job), options),
    receipt: (id, options) =>
      transport.ask({ method: "GET", path: `${path(id)}/receipt` }, inside("receipt", receipt), options),
  };
}
