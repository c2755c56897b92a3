import { FAUCET_LAMPORTS, GENESIS_SLOT } from "../genesis.js";
import { loadLiteSvm } from "../vm/lite-svm.js";
import type { Vm } from "../vm/vm.js";
import { restoreAccount } from "./account-codec.js";
import { AccountHistory } from "./account-history.js";
import { addressBytes } from "./address.js";
import type { Fork } from "./blockhashes.js";
import type { DataDirectory } from "./data-directory.js";
import { FAUCET_ADDRESS } from "./faucet.js";
import { History } from "./history.js";
import { type EntryPosition, Journal } from "./journal.js";
import { RecentMessages } from "./recent-messages.js";
import { TokenIndex } from "./token-index.js";
import type { JournalEntry, Landing } from "./transaction-record.js";

/** How often the machine's state is stored, so that a restart has little to repeat. */
const SNAPSHOT_EVERY_LANDINGS = 2_000;

/**
 * Accounts and transactions, kept on disk.
 *
 * State = what the journal says. A change is made to the machine, then written to the journal, then told; a process that
 * is killed in between has told nobody. The snapshot only saves repeating the journal's beginning.
 */
export class ChainState {
  readonly vm: Vm;
  readonly history: History;
  readonly accounts = new AccountHistory();
  readonly recentMessages = new RecentMessages();
  readonly tokens = new TokenIndex();
  /** Every fork so far, oldest first. */
  readonly forks: Fork[] = [];
  readonly #directory: DataDirectory;
  readonly #journal: Journal;
  #landingsSinceSnapshot = 0;
  /** The slot and time of the newest transaction that is known. */
  #newest = { slot: GENESIS_SLOT, blockTime: 0 };

  constructor(directory: DataDirectory) {
    this.#directory = directory;
    this.#journal = new Journal(directory.journalFile);
    this.history = new History(this.#journal);
    const snapshot = directory.readSnapshot();
    this.vm = loadLiteSvm(snapshot?.vm);
    if (snapshot === undefined) createFaucet(this.vm);
    this.#replay(snapshot?.journalBytes ?? 0);
    this.tokens.readAll(this.vm);
  }

  get newest(): { readonly slot: number; readonly blockTime: number } {
    return this.#newest;
  }

  /**
   * Makes what the machine has already done part of the state: in the journal in one write, then in the indexes. A fork's
   * entry goes first, then what landed instead.
   */
  commit(entries: readonly JournalEntry[]): void {
    const positions = this.#journal.append(entries);
    entries.forEach((entry, index) => {
      const position = positions[index];
      if (entry.kind === "fork") this.forks.push(entry);
      else if (position !== undefined) this.#index(entry, position);
    });
    this.#landingsSinceSnapshot += entries.length;
    if (this.#landingsSinceSnapshot >= SNAPSHOT_EVERY_LANDINGS) this.writeSnapshot();
  }

  /**
   * Takes back all blocks after `afterSlot`, in the indexes and, if told so, in the machine.
   * @returns what was taken back, newest first.
   */
  undo({ afterSlot }: Fork, inMachine: boolean): Landing[] {
    const undone: Landing[] = [];
    for (let newest = this.history.newest; newest !== undefined && newest.slot > afterSlot; ) {
      const landing = this.history.landing(newest);
      undone.push(landing);
      for (const [address, before] of landing.changes) {
        if (inMachine) this.vm.setAccount(addressBytes(address), restoreAccount(before));
        this.accounts.revert(address);
      }
      this.history.removeNewest(landing.record);
      this.recentMessages.remove(landing.record.messageHash);
      newest = this.history.newest;
    }
    return undone;
  }

  /** Drops what is only needed for recent slots. */
  forgetBefore(tipSlot: number): void {
    this.accounts.forgetBefore(tipSlot);
    this.recentMessages.forgetBefore(tipSlot);
  }

  writeSnapshot(): void {
    this.#journal.sync();
    this.#directory.writeSnapshot({ journalBytes: this.#journal.end, vm: this.vm.snapshot() });
    this.#landingsSinceSnapshot = 0;
  }

  close(): void {
    this.#journal.close();
  }

  /** Repeats the journal. What lies before `appliedBytes` is in the machine already and only has to be indexed. */
  #replay(appliedBytes: number): void {
    for (const { entry, ...position } of this.#journal.replay()) {
      const isApplied = position.offset < appliedBytes;
      if (entry.kind === "fork") {
        this.undo(entry, !isApplied);
        this.forks.push(entry);
        continue;
      }
      for (const [address, , after] of isApplied ? [] : entry.changes) {
        this.vm.setAccount(addressBytes(address), restoreAccount(after));
      }
      this.#index(entry, position);
      this.forgetBefore(entry.record.slot);
    }
  }

  #index({ record, changes }: Landing, position: EntryPosition): void {
    this.history.add(record, position);
    this.recentMessages.add(record.messageHash, record.slot);
    this.#newest = { slot: record.slot, blockTime: record.blockTime };
    for (const [address, before, after] of changes) {
      this.accounts.changed(address, record.slot, before);
      this.tokens.seen(address, after);
    }
  }
}

function createFaucet(vm: Vm): void {
  vm.setAccount(addressBytes(FAUCET_ADDRESS), {
    lamports: FAUCET_LAMPORTS,
    data: new Uint8Array(),
    owner: new Uint8Array(32),
    executable: false,
    rentEpoch: 2n ** 64n - 1n,
  });
}
