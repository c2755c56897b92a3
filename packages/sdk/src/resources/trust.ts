import type { MicroLlama } from "@flock/money";
import { textOf } from "../client/bounded-body.js";
import { FlockAnswerError, FlockConnectionError } from "../client/errors.js";
import type { CallOptions, Transport } from "../client/transport.js";
import {
  amount,
  type Decoder,
  day,
  type IsoDay,
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

/** What the network knows of checked work as a whole. */
export interface Trust {
  /** Since the verifier's books began. */
  readonly jobs: {
    readonly seen: number;
    readonly drawn: number;
    readonly checked: number;
    readonly same: number;
    readonly different: number;
    readonly undetermined: number;
  };
  /** Of proven workers' jobs that are drawn, in 1/10 000. */
  readonly floorBps: number;
  readonly workers: readonly { readonly state: WorkerStanding; readonly workers: number }[];
  readonly calibration: readonly CalibrationCell[];
  /** Tokens that were generated for checks, and for all jobs. */
  readonly lastDay: { readonly checkTokens: number; readonly jobTokens: number };
  /** Newest first; the key is null until no check of that day can be open any more. */
  readonly drawDays: readonly {
    readonly day: IsoDay;
    readonly keySha256: string;
    readonly key: string | null;
  }[];
}

export type WorkerStanding = "probation" | "proven" | "watched" | "quarantined" | "convicted" | "unknown";

/** What honest workers of one kind show. */
export interface CalibrationCell {
  readonly modelDigest: string;
  readonly engine: string;
  readonly hardware: string;
  readonly speculation: string;
  readonly positions: number;
  readonly mismatches: number;
  /** Upper 99 % bound of the rate of mismatches, in 1/1 000 000. */
  readonly mismatchPpm: number;
  readonly surprisalSlackMillinats: number;
  readonly measuredAt: IsoTime | null;
  /** Nothing is decided by it until then; null: it is in force. */
  readonly frozenUntil: IsoTime | null;
}

/** What was decided about a worker. */
export interface WorkerVerdict {
  readonly id: string;
  readonly kind: "quarantine" | "release" | "conviction" | "unknown";
  readonly state: "final" | "appealable" | "due" | "overturned" | "unknown";
  /** Its alias in the verdict log. */
  readonly worker: string;
  /** Its wallet, of a conviction that can be appealed no more. */
  readonly workerId: string | null;
  readonly model: string;
  readonly reachedAt: IsoTime | null;
  /** Null: there is nothing to appeal. */
  readonly appealUntil: IsoTime | null;
  readonly jobs: number;
  /** Natural logarithm of the evidence against the worker, in thousandths. */
  readonly logEvidenceMilli: number;
  /** Of the whole evidence as the verifier has it, in hex. */
  readonly bundleSha256: string;
  readonly clawedBackMicro: MicroLlama;
  readonly slashedMicro: MicroLlama;
  readonly compensatedMicro: MicroLlama;
  readonly ruling: string | null;
}

export interface TrustResource {
  get(options?: CallOptions): Promise<Trust>;
  /** Newest first, at most 200 on a page. */
  verdicts(options?: CallOptions): Pages<WorkerVerdict>;
  verdict(id: string, options?: CallOptions): Promise<WorkerVerdict>;
  /** JSON text from which `verifyVerdict` computes the verdict again. */
  evidence(id: string, options?: CallOptions): Promise<string>;
}

const trust: Decoder<Trust> = object<Trust>({
  jobs: object<Trust["jobs"]>({
    seen: whole,
    drawn: whole,
    checked: whole,
    same: whole,
    different: whole,
    undetermined: whole,
  }),
  floorBps: whole,
  workers: list(
    object<Trust["workers"][number]>({
      state: oneOf(["probation", "proven", "watched", "quarantined", "convicted"]),
      workers: whole,
    }),
  ),
  calibration: list(
    object<CalibrationCell>({
      modelDigest: text,
      engine: text,
      hardware: text,
      speculation: text,
      positions: whole,
      mismatches: whole,
      mismatchPpm: whole,
      surprisalSlackMillinats: whole,
      measuredAt: orNull(time),
      frozenUntil: orNull(time),
    }),
  ),
  lastDay: object<Trust["lastDay"]>({ checkTokens: whole, jobTokens: whole }),
  drawDays: list(
    object<Trust["drawDays"][number]>(
      { day, keySha256: text, key: orNull(text) },
      { keySha256: "key_sha256" },
    ),
  ),
});

const verdict: Decoder<WorkerVerdict> = object<WorkerVerdict>(
  {
    id: text,
    kind: oneOf(["quarantine", "release", "conviction"]),
    state: oneOf(["final", "appealable", "due", "overturned"]),
    worker: text,
    workerId: orNull(text),
    model: text,
    reachedAt: orNull(time),
    appealUntil: orNull(time),
    jobs: whole,
    logEvidenceMilli: number,
    bundleSha256: text,
    clawedBackMicro: amount,
    slashedMicro: amount,
    compensatedMicro: amount,
    ruling: orNull(text),
  },
  { bundleSha256: "bundle_sha256" },
);

export function trustResource(transport: Transport): TrustResource {
  const path = (id: string): string => `/trust/verdicts/${encodeURIComponent(id)}`;
  return {
    get: (options) => transport.ask({ method: "GET", path: "/trust" }, trust, options),
    verdicts: (options) =>
      pagesOf(transport, { path: "/trust/verdicts", rows: "verdicts", row: verdict }, options),
    verdict: (id, options) =>
      transport.ask({ method: "GET", path: path(id) }, inside("verdict", verdict), options),
    evidence: (id, options) => evidenceOf(transport, path(id), options),
  };
}

async function evidenceOf(transport: Transport, path: string, options: CallOptions = {}): Promise<string> {
  const response = await transport.open({ method: "GET", path: `${path}/evidence` }, options);
  try {
    return await textOf(response);
  } catch (cause) {
    if (cause instanceof FlockAnswerError) throw cause;
    if (options.signal?.aborted === true) throw options.signal.reason;
    throw new FlockConnectionError("unreachable", "the evidence broke off", cause);
  }
}
