import type { MicroLlama } from "@flock/money";

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

/** The UTC day of a moment, `YYYY-MM-DD`: what daily limits are counted by. */
export function utcDay(now: Date): string {
  return now.toISOString().slice(0, 10);
}

/** Milliseconds until the next UTC day begins. */
export function msToNextDay(now: Date): number {
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1) - now.getTime();
}
