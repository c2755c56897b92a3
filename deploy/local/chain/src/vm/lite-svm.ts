import { createRequire } from "node:module";
import { FlockError } from "@flock/errors";
import { base58 } from "@scure/base";
import { type TransactionError, transactionErrorOf } from "./transaction-error.js";
import type { AccountImage, CompiledCall, Execution, Simulation, Vm, VmClock } from "./vm.js";

/*
 * LiteSVM's native binding without its JavaScript wrapper: the wrapper would bring a second Solana SDK along, and the
 * binding takes wire bytes as they are.
 */

interface NativeAccount {
  lamports(): bigint;
  data(): Uint8Array;
  owner(): Uint8Array;
  executable(): boolean;
  rentEpoch(): bigint;
}

interface NativeInnerInstruction {
  instruction(): { programIdIndex(): number; accounts(): Uint8Array; data(): Uint8Array };
  stackHeight(): number;
}

interface NativeMeta {
  logs(): string[];
  innerInstructions(): NativeInnerInstruction[][];
  computeUnitsConsumed(): bigint;
  returnData(): { programId(): Uint8Array; data(): Uint8Array };
}

interface NativeFailure {
  err(): Parameters<typeof transactionErrorOf>[0];
  meta(): NativeMeta;
}

interface NativeAddressed {
  readonly address: Uint8Array;
  account(): NativeAccount;
}

interface NativeSvm {
  setBlockhashCheck(check: boolean): void;
  setTransactionHistory(capacity: bigint): void;
  setSigverify(sigverify: boolean): void;
  withNativeMints(): void;
  sendVersionedTransaction(wire: Uint8Array): NativeMeta | NativeFailure;
  simulateVersionedTransaction(
    wire: Uint8Array,
  ): NativeFailure | { meta(): NativeMeta; postAccounts(): NativeAddressed[] };
  getAccount(address: Uint8Array): NativeAccount | null;
  getBalance(address: Uint8Array): bigint | null;
  setAccount(address: Uint8Array, account: NativeAccount): void;
  getProgramAccounts(program: Uint8Array): NativeAddressed[];
  minimumBalanceForRentExemption(dataBytes: bigint): bigint;
  setClock(clock: object): void;
  setSlotHashes(hashes: { slot: bigint; hash: string }[]): void;
  toBytes(): Uint8Array;
}

interface NativeModule {
  readonly LiteSvm: { new (): NativeSvm; fromBytes(bytes: Uint8Array): NativeSvm };
  readonly Account: new (
    lamports: bigint,
    data: Uint8Array,
    owner: Uint8Array,
    executable: boolean,
    rentEpoch: bigint,
  ) => NativeAccount;
  readonly Clock: new (
    slot: bigint,
    epochStartTimestamp: bigint,
    chainEpoch: bigint,
    leaderScheduleEpoch: bigint,
    unixTimestamp: bigint,
  ) => object;
}

const BINDING = "litesvm-linux-x64-gnu";

/**
 * A machine with the SPL programs and the wrapped-SOL mint, empty or as it was when `snapshot` was taken. `binding` is
 * the package of the native machine.
 * @throws FlockError `unavailable` where the native binding is not installed, saying what can be done;
 *   `invalid_argument` when the snapshot cannot be read.
 */
export function loadLiteSvm(snapshot?: Uint8Array, binding = BINDING): Vm {
  const native = loadBinding(binding);
  let svm: NativeSvm;
  try {
    svm = snapshot === undefined ? new native.LiteSvm() : native.LiteSvm.fromBytes(snapshot);
  } catch (error) {
    throw new FlockError("invalid_argument", "the machine's snapshot cannot be read", { cause: error });
  }
  // Blockhashes and duplicates are the chain's: the machine would accept one hash only, and forget after 32
  // transactions.
  svm.setBlockhashCheck(false);
  svm.setTransactionHistory(0n);
  if (snapshot === undefined) svm.withNativeMints();
  return new LiteSvm(native, svm);
}

function loadBinding(name: string): NativeModule {
  try {
    // CAST: the binding has no types of its own; the interfaces above are what litesvm 1.5.0 declares.
    return createRequire(import.meta.url)(name) as NativeModule;
  } catch (error) {
    throw new FlockError(
      "unavailable",
      `the local Solana chain needs the package ${name}, which is not installed (this machine: ${process.platform} ` +
        `${process.arch}). On Linux x64 with glibc run "npm install"; elsewhere run it in a Linux x64 container, or set ` +
        "SOLANA_RPC_URL to a chain that runs somewhere else.",
      { cause: error, retry: "never" },
    );
  }
}

class LiteSvm implements Vm {
  readonly #native: NativeModule;
  readonly #svm: NativeSvm;

  constructor(native: NativeModule, svm: NativeSvm) {
    this.#native = native;
    this.#svm = svm;
  }

  execute(wire: Uint8Array): Execution {
    return executionOf(this.#svm.sendVersionedTransaction(wire));
  }

  simulate(wire: Uint8Array, verifySignatures: boolean): Simulation {
    if (!verifySignatures) this.#svm.setSigverify(false);
    try {
      const result = this.#svm.simulateVersionedTransaction(wire);
      if ("err" in result) return { ...executionOf(result), accounts: new Map() };
      const accounts = result.postAccounts().map((entry): [string, AccountImage | null] => {
        return [base58.encode(entry.address), imageOf(entry.account())];
      });
      return { ...executionOf(result.meta()), accounts: new Map(accounts) };
    } finally {
      if (!verifySignatures) this.#svm.setSigverify(true);
    }
  }

  account(address: Uint8Array): AccountImage | null {
    return imageOf(this.#svm.getAccount(address));
  }

  lamports(address: Uint8Array): bigint {
    return this.#svm.getBalance(address) ?? 0n;
  }

  setAccount(address: Uint8Array, image: AccountImage | null): void {
    const { lamports, data, owner, executable, rentEpoch } = image ?? NOTHING;
    this.#svm.setAccount(address, new this.#native.Account(lamports, data, owner, executable, rentEpoch));
  }

  programAccounts(program: Uint8Array): { address: Uint8Array; account: AccountImage }[] {
    return this.#svm.getProgramAccounts(program).flatMap((entry) => {
      const account = imageOf(entry.account());
      return account === null ? [] : [{ address: entry.address, account }];
    });
  }

  rentExemptLamports(dataBytes: bigint): bigint {
    return this.#svm.minimumBalanceForRentExemption(dataBytes);
  }

  setClock({ slot, chainEpoch, unixTimestampSeconds, slotHashes }: VmClock): void {
    this.#svm.setClock(new this.#native.Clock(slot, 0n, chainEpoch, chainEpoch + 1n, unixTimestampSeconds));
    this.#svm.setSlotHashes([...slotHashes]);
  }

  snapshot(): Uint8Array {
    return this.#svm.toBytes();
  }
}

const NOTHING: AccountImage = {
  lamports: 0n,
  data: new Uint8Array(),
  owner: new Uint8Array(32),
  executable: false,
  rentEpoch: 0n,
};

function imageOf(account: NativeAccount | null): AccountImage | null {
  if (account === null || account.lamports() === 0n) return null;
  return {
    lamports: account.lamports(),
    data: account.data(),
    owner: account.owner(),
    executable: account.executable(),
    rentEpoch: account.rentEpoch(),
  };
}

function executionOf(result: NativeMeta | NativeFailure): Execution {
  const error: TransactionError | null = "err" in result ? transactionErrorOf(result.err()) : null;
  const meta = "err" in result ? result.meta() : result;
  const data = meta.returnData().data();
  return {
    error,
    logs: meta.logs(),
    unitsConsumed: meta.computeUnitsConsumed(),
    returnData: data.length === 0 ? null : { programId: meta.returnData().programId(), data },
    calls: meta.innerInstructions().map((list) => list.map(callOf)),
  };
}

function callOf(inner: NativeInnerInstruction): CompiledCall {
  const instruction = inner.instruction();
  return {
    programIdIndex: instruction.programIdIndex(),
    accounts: instruction.accounts(),
    data: instruction.data(),
    stackHeight: inner.stackHeight(),
  };
}
