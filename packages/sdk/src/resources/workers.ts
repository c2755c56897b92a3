import type { CallOptions, Transport } from "../client/transport.js";
import {
  type Decoder,
  flag,
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
import { type SignedText, signedBody } from "../signed-text.js";

/** Why a free slot got no job. */
export type NoJobReason =
  | "no_demand"
  | "others_first"
  | "breaker_open"
  | "cut_off"
  | "banned"
  | "untried"
  | "paused"
  | "draining"
  | "not_admitted"
  | "quarantined"
  | "convicted";

/** A worker of the account. */
export interface Worker {
  readonly workerId: string;
  readonly state: "ready" | "paused" | "draining" | "away" | "unknown";
  readonly lastSeenAt: IsoTime | null;
  readonly models: readonly { readonly name: string; readonly loaded: boolean }[];
  readonly slots: number;
  readonly active: number;
  readonly hardware: string | null;
  readonly breaker: string | null;
  readonly cutOffUntil: IsoTime | null;
  readonly banned: boolean;
  readonly offences: readonly {
    readonly offence: string;
    readonly count: number;
    readonly lastAt: IsoTime | null;
  }[];
  /** What checks of its answers have shown; null: an API of an earlier version does not tell. */
  readonly standing: {
    readonly state: "probation" | "proven" | "watched" | "quarantined" | "convicted" | "unknown";
    readonly since: IsoTime | null;
    readonly reason: string;
    readonly checkedJobs: number;
  } | null;
  readonly delegationExpiresAt: IsoTime | null;
  /** Of the last hour. */
  readonly noJob: readonly { readonly reason: NoJobReason | "unknown"; readonly seconds: number }[];
}

/** For the text with which a wallet lets a worker's key work in its name. */
export interface WorkerChallenge {
  readonly challenge: string;
  /** The origin of the API, as the text has to name it. */
  readonly api: string;
  readonly expiresAt: IsoTime;
}

export interface WorkerDelegation {
  readonly workerId: string;
  readonly key: string;
  readonly payout: string;
  readonly expiresAt: IsoTime;
}

export interface WorkerSession {
  readonly workerId: string;
  readonly payout: string;
  readonly jwt: string;
  readonly expiresAt: IsoTime;
  readonly natsUrls: readonly string[];
  readonly meshKeys: readonly string[];
}

export interface WorkersResource {
  list(options?: CallOptions): Promise<readonly Worker[]>;
  challenge(wallet: string, options?: CallOptions): Promise<WorkerChallenge>;
  /** Hands in what a wallet signed. The same text again is no error. */
  delegate(signed: SignedText, options?: CallOptions): Promise<WorkerDelegation>;
  /** Hands in what the worker's key signed. */
  openSession(signed: SignedText, options?: CallOptions): Promise<WorkerSession>;
}

const worker: Decoder<Worker> = object<Worker>({
  workerId: text,
  state: oneOf(["ready", "paused", "draining", "away"]),
  lastSeenAt: orNull(time),
  models: list(object<Worker["models"][number]>({ name: text, loaded: flag })),
  slots: whole,
  active: whole,
  hardware: orNull(text),
  breaker: orNull(text),
  cutOffUntil: orNull(time),
  banned: flag,
  offences: list(object<Worker["offences"][number]>({ offence: text, count: whole, lastAt: orNull(time) })),
  standing: orNull(
    object<NonNullable<Worker["standing"]>>({
      state: oneOf(["probation", "proven", "watched", "quarantined", "convicted"]),
      since: orNull(time),
      reason: text,
      checkedJobs: whole,
    }),
  ),
  delegationExpiresAt: orNull(time),
  noJob: list(
    object<Worker["noJob"][number]>({
      reason: oneOf([
        "no_demand",
        "others_first",
        "breaker_open",
        "cut_off",
        "banned",
        "untried",
        "paused",
        "draining",
        "not_admitted",
        "quarantined",
        "convicted",
      ]),
      seconds: number,
    }),
  ),
});
const challenge: Decoder<WorkerChallenge> = object<WorkerChallenge>({
  challenge: text,
  api: text,
  expiresAt: time,
});
const delegation: Decoder<WorkerDelegation> = object<WorkerDelegation>({
  workerId: text,
  key: text,
  payout: text,
  expiresAt: time,
});
const session: Decoder<WorkerSession> = object<WorkerSession>({
  workerId: text,
  payout: text,
  jwt: text,
  expiresAt: time,
  natsUrls: list(text),
  meshKeys: list(text),
});

export function workersResource(transport: Transport): WorkersResource {
  return {
    list: (options) =>
      transport.ask({ method: "GET", path: "/workers" }, inside("workers", list(worker)), options),
    challenge: (wallet, options) =>
      transport.ask({ method: "POST", path: "/workers/challenges", body: { wallet } }, challenge, options),
    delegate: (signed, options) =>
      transport.ask(
        { method: "POST", path: "/workers/delegations", body: signedBody(signed), isRepeatable: true },
        delegation,
        options,
      ),
    openSession: (signed, options) =>
      transport.ask(
        { method: "POST", path: "/workers/sessions", body: signedBody(signed), isRepeatable: true },
        session,
        options,
      ),
  };
}
