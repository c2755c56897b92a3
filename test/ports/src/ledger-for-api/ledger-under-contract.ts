import type { Mesh } from "@flock/mesh";

/** A ledger that answers on a mesh, and the hands of everybody but the api who puts something into it. */
export interface LedgerUnderContract {
  readonly mesh: Mesh;
  /** Gives an account LLAMA to spend, in one transfer. */
  fund(accountId: string, amountMicro: bigint): Promise<void>;
  /** Reserves some of it for a payout that goes on waiting. */
  reserve(accountId: string, amountMicro: bigint): Promise<void>;
  /** A worker of the caller's own that has earned on two days at least. Some of that has vested. */
  vestedWorker(): Promise<string>;
  stop(): Promise<void>;
}

export type Started = () => LedgerUnderContract;

/** What clauses fund an account with. */
export const FUNDS = 1_000n;
/** Texts that no cursor of the ledger was ever made of. */
export const FOREIGN_CURSORS = ["x", "0", "-1", "1;DROP TABLE transfers"];
