/** What was reserved for a job. */
export interface HoldGrant {
  /** So many tokens are paid for: the job ends after them, if that is fewer than its own. */
  readonly completionTokensMax: number;
  /** The amount: no more is charged. Absent: not known. */
  readonly heldMicro?: bigint;
}

/**
 * Reserves the money for a job, in parallel with routing; nothing is delivered before it resolves. The job ends with
 * the error if it rejects.
 */
export type Hold = () => Promise<HoldGrant>;

/** Who pays for a job. */
export type Payer =
  /** The account that asked for it ({@link JobSpec.accountId}). */
  | {
      readonly kind: "client";
      readonly hold: Hold;
      /**
       * Route only once the hold is granted. Slower by one round trip; for accounts whose money is in doubt, so that
       * they cannot make workers begin what is then not paid for. Default false.
       */
      readonly holdFirst?: boolean;
      /**
       * Hold only once a worker has the job, unless `holdFirst`: for jobs that may find none and are then submitted in
       * another form, which the money is to be there for. Default false.
       */
      readonly holdLate?: boolean;
    }
  /**
   * The network itself, which wants the job run: its worker is paid like any other. `accountId` is the account at the
   * ledger that was set aside for such jobs; `hold` reserves from it.
   */
  | { readonly kind: "pool"; readonly accountId: string; readonly hold: Hold }
  /** Nobody: the model is free. The ledger has nothing to do with the job. */
  | { readonly kind: "nobody" };

/** How the money is reserved; undefined: nobody pays. */
export function holdOf(payer: Payer): Hold | undefined {
  return payer.kind === "nobody" ? undefined : payer.hold;
}

/** The account at the ledger that is charged for a job of `accountId`. */
export function chargedAccountOf(payer: Payer, accountId: string): string {
  return payer.kind === "pool" ? payer.accountId : accountId;
}

/** Whether the job may only be routed once its hold is granted. */
export function isHeldFirst(payer: Payer): boolean {
  return payer.kind === "client" && payer.holdFirst === true;
}

/** What becomes of the hold as its job begins: there is none, it is asked for at once, or only at the first lease. */
export function firstHoldOf(payer: Payer): "none" | "unasked" | "pending" {
  if (payer.kind === "nobody") return "none";
  return payer.kind === "client" && payer.holdLate === true && !isHeldFirst(payer) ? "unasked" : "pending";
}
