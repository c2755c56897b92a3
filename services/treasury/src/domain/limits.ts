import type { MicroLlama } from "@flock/money";
import type { ParameterValues } from "@flock/parameters";

/** What bounds payouts and deposits. Governed; read anew for every decision. */
export interface Limits {
  /** Smallest withdrawal. A new recipient's token account costs the treasury about 0.002 SOL, whoever asks for it. */
  readonly payoutMin: MicroLlama;
  /** Largest single payout. */
  readonly payoutMax: MicroLlama;
  /** Most that is signed away on one UTC day. */
  readonly payoutDailyMax: MicroLlama;
  /** Vested earnings from this amount on are paid out by themselves, once per epoch. */
  readonly payoutThreshold: MicroLlama;
  /** Smaller deposits go to suspense. */
  readonly depositMin: MicroLlama;
  readonly arePayoutsPaused: boolean;
}

/** Where the limits in force come from. */
export type LimitsSource = () => Limits;

/** The limits that the network's parameters set. */
export function limitsOf(values: ParameterValues): Limits {
  return {
    payoutMin: values.payoutMinMicro,
    payoutMax: values.payoutMaxMicro,
    payoutDailyMax: values.payoutDailyMaxMicro,
    payoutThreshold: values.payoutThresholdMicro,
    depositMin: values.depositMinMicro,
    arePayoutsPaused: values.payoutsPaused,
  };
}

const DAY_MS = 86_400_000;

/** The UTC day of a moment, `YYYY-MM-DD`: what daily limits are counted by. */
export function utcDay(unixMs: number): string {
  return new Date(unixMs).toISOString().slice(0, 10);
}

/** Milliseconds until the next UTC day begins. */
export function msToNextDay(unixMs: number): number {
  return DAY_MS - (unixMs % DAY_MS);
}
