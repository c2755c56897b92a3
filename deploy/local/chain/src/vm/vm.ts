import type { TransactionError } from "./transaction-error.js";

/** An account as the virtual machine holds it. One with 0 lamports does not exist and is never handed out. */
export interface AccountImage {
  readonly lamports: bigint;
  readonly data: Uint8Array;
  /** The 32-byte address of the owning program. */
  readonly owner: Uint8Array;
  readonly executable: boolean;
  readonly rentEpoch: bigint;
}

/** An instruction that a program called. Indexes are into the transaction's account keys. */
export interface CompiledCall {
  readonly programIdIndex: number;
  readonly accounts: Uint8Array;
  readonly data: Uint8Array;
  /** 1 for the transaction's own instructions, so 2 or more here. */
  readonly stackHeight: number;
}

/** What executing or simulating one transaction gave. */
export interface Execution {
  /** Null: it succeeded. Otherwise no account has changed but for the fee, if it was charged. */
  readonly error: TransactionError | null;
  readonly logs: readonly string[];
  readonly unitsConsumed: bigint;
  readonly returnData: { readonly programId: Uint8Array; readonly data: Uint8Array } | null;
  /** Calls by outer instruction, in order; empty for those that called nothing. */
  readonly calls: readonly (readonly CompiledCall[])[];
}

/** A simulated execution with the accounts as they would be. */
export interface Simulation extends Execution {
  readonly accounts: ReadonlyMap<string, AccountImage | null>;
}

/** What programs can read about time. */
export interface VmClock {
  readonly slot: bigint;
  readonly chainEpoch: bigint;
  readonly unixTimestampSeconds: bigint;
  /** Newest first; creating an address lookup table needs the slot it names among them. */
  readonly slotHashes: readonly { readonly slot: bigint; readonly hash: string }[];
}

/**
 * The port to a Solana virtual machine with the SPL programs: accounts and execution. Blocks, blockhashes and
 * duplicates are the chain's business. Addresses are 32 bytes.
 *
 * `wire` must be a transaction that was decoded and serialised again: the native machine ABORTS the process on bytes
 * that do not decode.
 */
export interface Vm {
  execute(wire: Uint8Array): Execution;
  /** Changes nothing. Without `verifySignatures` they may be wrong or zero. */
  simulate(wire: Uint8Array, verifySignatures: boolean): Simulation;
  account(address: Uint8Array): AccountImage | null;
  lamports(address: Uint8Array): bigint;
  /** Null removes the account. */
  setAccount(address: Uint8Array, image: AccountImage | null): void;
  programAccounts(program: Uint8Array): { readonly address: Uint8Array; readonly account: AccountImage }[];
  rentExemptLamports(dataBytes: bigint): bigint;
  setClock(clock: VmClock): void;
  /** Everything, for {@link loadLiteSvm}. */
  snapshot(): Uint8Array;
}
