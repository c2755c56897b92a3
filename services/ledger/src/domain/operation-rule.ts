import type { AccountCode } from "./account-code.js";
import type { Draft } from "./draft.js";

/**
 * All that the ledger knows of one kind of operation. The table of operations (operations.ts) has one rule for each
 * kind. The code that reads facts, opens accounts, plans or replays asks the rule and has no list of its own.
 *
 * @template O the operation
 * @template Result what can come of it
 * @template K the kinds of transfers that it makes: its plan can make no other
 */
export interface OperationRule<O extends { readonly kind: string }, Result, K extends string> {
  readonly kind: O["kind"];
  /** Kinds of transfers that it may make. Each must be one of the database's (a test compares them). */
  readonly makes: readonly K[];
  /** Kind of the pending transfers that its own resolve; undefined if it resolves none. */
  readonly resolves?: string;
  /** Nobody waits for its outcome, so it may wait for others to be committed with. Default: somebody waits. */
  readonly isPatient?: true;
  /** The kept accounts that it names itself; others are found through the transfers and settlements it names. */
  readonly touches: (operation: O) => readonly AccountCode[];
  /** Those of them that it opens when they do not exist yet: nothing is opened to be debited. */
  readonly opens: (operation: O) => readonly AccountCode[];
  /** Ids of the recorded transfers that it must know of: its own, and those that it rests on. */
  readonly names: (operation: O) => readonly string[];
  /** Jobs whose settlements it must know of. Default: none. */
  readonly settlements?: (operation: O) => readonly string[];
  /** Cooldowns that it must know of. Default: none. */
  readonly cooldowns?: (operation: O) => NamedCooldowns;
  /** Decides it against the facts that it named, and plans what follows. Pure. */
  readonly plan: (draft: Draft<K>, operation: O) => Result;
}

/** Cooldowns, by what they are found by. */
export interface NamedCooldowns {
  /** Request ids of unstakes. */
  readonly requestIds: readonly string[];
  /** All that is in cooldown there. */
  readonly accounts: readonly AccountCode[];
}

/** For an operation that names none itself. */
export const NO_ACCOUNTS = (): readonly AccountCode[] => [];
