import type { MicroLlama } from "@flock/money";
import type { CallOptions, Transport } from "../client/transport.js";
import {
  amount,
  type Decoder,
  type IsoTime,
  list,
  number,
  object,
  orNull,
  text,
  time,
  whole,
} from "../decoding/decoder.js";

export interface Balance {
  /** Booked. */
  readonly postedMicro: MicroLlama;
  /** Held by requests that run. */
  readonly heldMicro: MicroLlama;
  /** What can be spent. */
  readonly availableMicro: MicroLlama;
}

/** What is on its way out of the stake. */
export interface CoolingRelease {
  readonly id: string;
  readonly amountMicro: MicroLlama;
  readonly releaseAt: IsoTime | null;
}

/** What the stake gives. */
export interface Tier {
  readonly level: number;
  readonly requestsPerMinute: number;
  readonly concurrency: number;
  readonly priority: number;
  /** Null: it is the highest. */
  readonly next: { readonly level: number; readonly stakeMinMicro: MicroLlama } | null;
}

export interface Account {
  /** The wallet's address. */
  readonly account: string;
  readonly wallet: Balance;
  readonly stakeMicro: MicroLlama;
  readonly cooling: { readonly totalMicro: MicroLlama; readonly releases: readonly CoolingRelease[] };
  readonly vested: Balance;
  /** Not vested yet. */
  readonly earningsMicro: MicroLlama;
  readonly tier: Tier;
}

export interface AccountResource {
  get(options?: CallOptions): Promise<Account>;
}

const balance = object<Balance>({ postedMicro: amount, heldMicro: amount, availableMicro: amount });
const account: Decoder<Account> = object<Account>({
  account: text,
  wallet: balance,
  stakeMicro: amount,
  cooling: object<Account["cooling"]>({
    totalMicro: amount,
    releases: list(object<CoolingRelease>({ id: text, amountMicro: amount, releaseAt: orNull(time) })),
  }),
  vested: balance,
  earningsMicro: amount,
  tier: object<Tier>({
    level: whole,
    requestsPerMinute: whole,
    concurrency: whole,
    priority: number,
    next: orNull(object<NonNullable<Tier["next"]>>({ level: whole, stakeMinMicro: amount })),
  }),
});

export function accountResource(transport: Transport): AccountResource {
  return { get: (options) => transport.ask({ method: "GET", path: "/account" }, account, options) };
}
