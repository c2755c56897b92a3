import { EventEmitter } from "node:events";
import { FlockError } from "@flock/errors";
import {
  BLOCKHASH_AGE_MAX,
  FINALIZED_AFTER_SLOTS,
  GENESIS_SLOT,
  SKIPPED_SLOTS,
  SLOTS_PER_CHAIN_EPOCH,
} from "../genesis.js";
import type { TransactionError } from "../vm/transaction-error.js";
import type { AccountImage, Simulation } from "../vm/vm.js";
import { addressBytes, addressText } from "./address.js";
import { Blockhashes } from "./blockhashes.js";
import { ChainState } from "./chain-state.js";
import { DataDirectory } from "./data-directory.js";
import type { History } from "./history.js";
import type { JournalSizes } from "./journal.js";
import { executeAndRecord, loadedAddresses } from "./landing.js";
import { SlotFile } from "./slot-file.js";
import type { TokenIndex } from "./token-index.js";
import type { JournalEntry, Landing } from "./transaction-record.js";
import { decodeTransaction, type LoadedAddresses, type WireTransaction } from "./wire-transaction.js";

/** Nominal length of a slot, by which chain time goes on when slots are made faster than in real time. */
const SLOT_MS = 400;

/** For how many slots the time is known although no transaction is in them. */
const BLOCK_TIMES = 1_000;

/** What became of a transaction: landed (perhaps failed, its fee charged), or in no block for the reason given. */
export type Fate =
  | { readonly kind: "landed"; readonly err: TransactionError | null }
  | { readonly kind: "dropped"; readonly reason: TransactionError };

interface Block {
  readonly slot: number;
  readonly blockTime: number;
}

export interface ChainEvents {
  /** A slot has become the newest. */
  readonly slot: [slot: number];
  readonly landed: [signature: string];
}

export interface ChainOptions {
  readonly dataDirectory: string;
  /** Milliseconds since 1970; default: the system's clock. */
  readonly now?: () => number;
  /** Default: {@link JOURNAL_SIZES}. */
  readonly journalSizes?: JournalSizes | undefined;
}

/**
 * The chain itself, apart from the nodes that tell of it: slots, blockhashes, which transactions land and when.
 * Everything is synchronous: one call is one step.
 */
export class Chain {
  readonly events = new EventEmitter<ChainEvents>();
  readonly blockhashes: Blockhashes;
  readonly #directory: DataDirectory;
  readonly #slotFile: SlotFile;
  readonly #state: ChainState;
  readonly #now: () => number;
  /** What is to happen when a slot begins, by slot. */
  readonly #planned = new Map<number, (() => void)[]>();
  /** Of the slots since the start, as far back as blockhashes are kept. */
  readonly #blockTimes = new Map<number, number>();
  #slot: number;
  #timeMs: number;
  /** The slot that the machine's clock shows; set only when something is executed. */
  #vmSlot = -1;
  #failure: unknown;

  private constructor(directory: DataDirectory, now: () => number, journalSizes: JournalSizes | undefined) {
    const genesis = directory.genesis(now());
    this.#directory = directory;
    this.#now = now;
    this.#state = new ChainState(directory, journalSizes);
    this.#slotFile = new SlotFile(directory.slotFile);
    const { slot, timeMs } = this.#slotFile.read() ?? { slot: GENESIS_SLOT, timeMs: genesis.timeMs };
    // The slot file is written after what happened in its slot.
    this.#slot = Math.max(slot, this.#state.newest.slot);
    this.#timeMs = Math.max(timeMs, this.#state.newest.blockTime * 1_000);
    this.blockhashes = new Blockhashes(genesis.salt, this.#state.forks);
    this.blockhashes.advanceTo(this.#slot);
    this.#blockTimes.set(this.#slot, this.blockTime);
  }

  /**
   * The chain of a directory, begun or continued where it stopped: no time passes for it while it does not run.
   * @throws FlockError `unavailable` without a machine for this platform; `failed_precondition` when another process
   *   has the directory or its journal is damaged.
   */
  static async open({ dataDirectory, now = Date.now, journalSizes }: ChainOptions): Promise<Chain> {
    const directory = await DataDirectory.open(dataDirectory);
    try {
      return new Chain(directory, now, journalSizes);
    } catch (error) {
      await directory.close();
      throw error;
    }
  }

  /** The newest slot, whose block is still being made. */
  get slot(): number {
    return this.#slot;
  }

  /** Unix time of the newest slot in seconds. */
  get blockTime(): number {
    return Math.floor(this.#timeMs / 1_000);
  }

  /** Unix time of a recent slot or of one with a transaction, in seconds; undefined for others and those to come. */
  blockTimeOf(slot: number): number | undefined {
    return this.#blockTimes.get(slot) ?? this.history.blockTimeOf(slot);
  }

  get history(): History {
    return this.#state.history;
  }

  get tokens(): TokenIndex {
    return this.#state.tokens;
  }

  /** The account as it was at the end of `slot`, at most `ACCOUNT_HISTORY_SLOTS` back. */
  account(address: string, slot: number): AccountImage | null {
    const past = this.#state.accounts.at(address, slot);
    return past === undefined ? this.#state.vm.account(addressBytes(address)) : past;
  }

  /** The addresses of all accounts that a program has now, sorted: the machine's order is another after every start. */
  programAccounts(program: string): string[] {
    const accounts = this.#state.vm.programAccounts(addressBytes(program));
    return accounts.map(({ address }) => addressText(address)).sort();
  }

  rentExemptLamports(dataBytes: number): bigint {
    return this.#state.vm.rentExemptLamports(BigInt(dataBytes));
  }

  /** What the transaction's lookup tables give now. */
  loadedAddresses(tx: WireTransaction): LoadedAddresses {
    return loadedAddresses(this.#state.vm, tx);
  }

  /** Why the block of `slot` cannot contain the transaction, before its instructions are looked at; null: it can. */
  refusalOf(tx: WireTransaction, slot = this.#slot): TransactionError | null {
    const hashSlot = this.blockhashes.slotOf(tx.blockhash);
    if (hashSlot === undefined || slot - hashSlot > BLOCKHASH_AGE_MAX) return "BlockhashNotFound";
    const isKnown = this.#state.recentMessages.has(tx.messageHash) || this.history.find(tx.signature);
    return isKnown ? "AlreadyProcessed" : null;
  }

  /** Executes without effect, on the newest state. */
  simulate(wire: Uint8Array, verifySignatures: boolean): Simulation {
    this.#assertUsable();
    this.#setVmClock({ slot: this.#slot, blockTime: this.blockTime });
    return this.#state.vm.simulate(wire, verifySignatures);
  }

  /** Lets the transaction into the newest block if the rules allow it. */
  land(tx: WireTransaction): Fate {
    this.#assertUsable();
    const outcome = this.#execute(tx, { slot: this.#slot, blockTime: this.blockTime });
    if (outcome.kind !== "landed") return { kind: "dropped", reason: outcome.reason };
    this.#commit([outcome]);
    this.events.emit("landed", tx.signature);
    return { kind: "landed", err: outcome.record.meta.err };
  }

  /** Makes `slots` new slots, each with all that was planned for it. */
  advance(slots: number): void {
    this.#assertUsable();
    for (let made = 0; made < slots; made++) {
      this.#slot += 1;
      this.#timeMs = Math.max(this.#timeMs + (slots > 1 ? SLOT_MS : 0), this.#now());
      this.blockhashes.advanceTo(this.#slot);
      this.#blockTimes.set(this.#slot, this.blockTime);
      this.#blockTimes.delete(this.#slot - BLOCK_TIMES);
      const planned = this.#planned.get(this.#slot) ?? [];
      this.#planned.delete(this.#slot);
      for (const action of planned) action();
      this.#slotFile.write({ slot: this.#slot, timeMs: this.#timeMs });
      this.events.emit("slot", this.#slot);
    }
    this.#state.forgetBefore(this.#slot);
  }

  /** Has `action` done when `slot` begins, at the earliest at the next one. Forgotten when the process ends. */
  at(slot: number, action: () => void): void {
    const when = Math.max(slot, this.#slot + 1);
    this.#planned.set(when, [...(this.#planned.get(when) ?? []), action]);
  }

  /**
   * Replaces all blocks after `afterSlot` by those of another fork, as when the cluster abandons the fork that a node
   * has followed. The new blocks have other hashes. They have the same transactions in the same slots, except the
   * `excluded` ones and those that use an abandoned blockhash: these never happened, and may be sent again.
   * @returns the signatures of the transactions that are gone.
   * @throws FlockError `invalid_argument` when a finalized block would be replaced.
   */
  fork(afterSlot: number, excluded: ReadonlySet<string>): string[] {
    this.#assertUsable();
    if (afterSlot < this.#slot - FINALIZED_AFTER_SLOTS || afterSlot >= this.#slot) {
      throw new FlockError(
        "invalid_argument",
        `a fork after slot ${afterSlot} is impossible: the slots after ${this.#slot - FINALIZED_AFTER_SLOTS} and before ${this.#slot} are not final`,
      );
    }
    const fork = { kind: "fork", afterSlot, tipSlot: this.#slot } as const;
    const gone: string[] = [];
    try {
      const undone = this.#state.undo(fork, true);
      this.blockhashes.fork(fork);
      const entries: JournalEntry[] = [fork];
      for (const { record } of undone.reverse()) {
        const tx = decodeTransaction(Buffer.from(record.wire, "base64"));
        const outcome = excluded.has(record.signature) ? undefined : this.#execute(tx, record);
        if (outcome?.kind === "landed") entries.push(outcome);
        else gone.push(record.signature);
      }
      this.#commit(entries);
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
    return gone;
  }

  /** Stores everything and gives the directory up. */
  async close(): Promise<void> {
    if (this.#failure === undefined) this.#state.writeSnapshot();
    await this.abandon();
  }

  /**
   * Gives the directory up without storing anything more, as if killed: nothing is lost, the next start takes longer.
   */
  async abandon(): Promise<void> {
    this.events.removeAllListeners();
    this.#failure ??= new Error("closed");
    this.#state.close();
    this.#slotFile.close();
    await this.#directory.close();
  }

  #execute(tx: WireTransaction, block: Block): Landing | { kind: "refused"; reason: TransactionError } {
    const refusal = this.refusalOf(tx, block.slot);
    if (refusal !== null) return { kind: "refused", reason: refusal };
    this.#setVmClock(block);
    const { slot, blockTime } = block;
    const outcome = executeAndRecord(this.#state.vm, tx, { slot, blockTime });
    if (outcome.kind === "landed") return outcome.landing;
    return { kind: "refused", reason: outcome.execution.error ?? "SanitizeFailure" };
  }

  #commit(entries: readonly JournalEntry[]): void {
    try {
      this.#state.commit(entries);
    } catch (error) {
      this.#failure = error; // The machine is ahead of the journal: nothing may be told from now on.
      throw error;
    }
  }

  #setVmClock({ slot, blockTime }: Block): void {
    if (this.#vmSlot === slot) return;
    this.#vmSlot = slot;
    const earlier = Array.from({ length: BLOCKHASH_AGE_MAX }, (_, age) => slot - 1 - age);
    this.#state.vm.setClock({
      slot: BigInt(slot),
      chainEpoch: BigInt(Math.floor(slot / SLOTS_PER_CHAIN_EPOCH)),
      unixTimestampSeconds: BigInt(blockTime),
      slotHashes: earlier.map((each) => ({ slot: BigInt(each), hash: this.blockhashes.at(each) })),
    });
  }

  #assertUsable(): void {
    if (this.#failure === undefined) return;
    throw new FlockError("unavailable", "the chain has failed or is closed", { cause: this.#failure });
  }
}

/** Blocks up to and including a slot's: height and slot differ, as on every public cluster. */
export function blockHeightOf(slot: number): number {
  return slot - SKIPPED_SLOTS;
}

/** The last block height at which the blockhash of `slot` may be used. */
export function lastValidBlockHeightOf(slot: number): number {
  return blockHeightOf(slot) + BLOCKHASH_AGE_MAX;
}
