import { randomBytes } from "node:crypto";
import type { FlockErrorCode } from "@flock/errors";
import { base58 } from "@scure/base";
import { isRefusal, type Ledger } from "../../src/ledger.js";

/** A ledger as the treasury has it, fresh: no epoch is closed. And the hands of everybody else who moves something. */
export interface LedgerUnderContract {
  readonly ledger: Ledger;
  /** Gives an account LLAMA to spend. */
  fund(accountId: string, amount: bigint): Promise<void>;
  /** Stakes and unstakes all of it: the owner has something in cooldown then. */
  unstake(owner: string, amount: bigint): Promise<void>;
  /** Closes the open epoch, in which each of these workers has earned; that has vested then. */
  closeEpoch(workers?: readonly string[]): Promise<void>;
  /** Does something while the ledger is away. */
  whileAway(act: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

export type Started = () => LedgerUnderContract;

/** What clauses fund an account with. */
export const FUNDS = 1_000n;

/** Of a transaction that never was. */
export function signature(): string {
  return base58.encode(randomBytes(64));
}

/** Fails the test unless the ledger has understood the call and refused it, for this reason. */
export async function expectRefusal(call: Promise<unknown>, code: FlockErrorCode): Promise<void> {
  const error = await call.then(
    (answer) => answer,
    (thrown: unknown) => thrown,
  );
  expect({ error, isRefusal: isRefusal(error) }).toEqual({
    error: expect.objectContaining({ code }),
    isRefusal: true,
  });
}
