import { ACCOUNT_HISTORY_SLOTS, FAUCET_LAMPORTS, GENESIS_SLOT } from "../genesis.js";
import { loadLiteSvm } from "../vm/lite-svm.js";
import type { Vm } from "../vm/vm.js";
import { restoreAccount } from "./account-codec.js";
import { AccountHistory } from "./account-history.js";
import { addressBytes } from "./address.js";
import type { Fork } from "./blockhashes.js";
import type { DataDirectory } from "./data-directory.js";
import { FAUCET_ADDRESS } from "./faucet.js";
import { History } from "./history.js";
import { Journal, type JournalSizes } from "./journal.js";
import type { EntryPosition } from "./line-file.js";
import { RecentMessages } from "./recent-messages.js";
import { TokenIndex } from "./token-index.js";
import type { JournalEntry, Landing } from "./transaction-record.js";

/**
 * Accounts and transactions, kept on disk.
 *
 * State = the content of the journal. A change is made to the machine, then written to the journal, then reported. A
 * process that is killed in between has reported nothing. The snapshot and the archive's indexes only save the
 * repetition of the journal's beginning: without a snapshot all of it is repeated.
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
  /** The newest slot of which everything may be archived; undefined: all of it is. */
  #archivableSlot: number | undefined;
  /** The slot and time of the newest transaction that is known. */
  #newest = { slot: GENESIS_SLOT, blockTime: 0 };

  constructor(directory: DataDirectory, sizes?: JournalSizes) {
    this.#directory = directory;
    this.#journal = new Journal(directory.path, sizes);
    this.history = new History(this.#journal);
    const stored = directory.readSnapshot();
    const snapshot =
      stored !== undefined && stored.journalBytes >= this.#journal.archivedEnd ? stored : undefined;
    this.vm = loadLiteSvm(snapshot?.vm);
    if (snapshot === undefined) createFaucet(this.vm);
    else this.#readArchived();
    this.#replay(snapshot?.journalBytes ?? 0);
    this.tokens.readAll(this.vm);
    this.#journal.beginFileIfFull();
    if (this.#journal.hasFullFile) this.writeSnapshot();
    while (this.#archiveBlock());
  }

  get newest(): { readonly slot: number; readonly blockTime: number } {
    return this.#newest;
  }

  /**
   * Makes what the machine has already done part of the state: in the journal in one write, then in the indexes. A
   * fork's entry goes first, then what landed instead.
   */
  commit(entries: readonly JournalEntry[]): void {
    const positions = this.#journal.append(entries);
    entries.forEach((entry, index) => {
      const position = positions[index];
      if (entry.kind === "fork") this.forks.push(entry);
      else if (position !== undefined) this.#index(entry, position);
    });
    if (this.#journal.beginFileIfFull()) this.writeSnapshot();
    else this.#archiveBlock();
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

  /** Stores the machine as it is. What is old enough by then may be archived: a start will not have to repeat it. */
  writeSnapshot(): void {
    this.#journal.sync();
    this.#directory.writeSnapshot({ journalBytes: this.#journal.end, vm: this.vm.snapshot() });
    this.#archivableSlot = this.#newest.slot - ACCOUNT_HISTORY_SLOTS - 1;
  }

  close(): void {
    this.#journal.close();
  }

  /** Archives a block if there is one to be; false: there is none until the next snapshot. */
  #archiveBlock(): boolean {
    const archivableSlot = this.#archivableSlot;
    if (archivableSlot === undefined) return false;
    const isArchived = this.#journal.archiveBlock({
      isFinal: (entry) => (entry.kind === "fork" ? entry.tipSlot : entry.record.slot) <= archivableSlot,
      isStanding: (signature, offset) => this.history.find(signature)?.position.offset === offset,
    });
    if (!isArchived) this.#archivableSlot = undefined;
    return isArchived;
  }

  /** Indexes what is archived: all of it is in the machine already, and too old for anything but the history. */
  #readArchived(): void {
    for (const { addresses, transactions, forks } of this.#journal.archived()) {
      this.forks.push(...forks);
      for (const { signature, slot, blockTime, err, memo, offset, bytes, named } of transactions) {
        const landed = { signature, slot, blockTime, err, memo, position: { offset, bytes } };
        this.history.add(
          landed,
          named.map((index) => addresses[index] ?? ""),
        );
        this.#newest = landed;
      }
    }
  }

  /**
   * Repeats the journal, of which the archived part may be indexed already. What lies before `appliedBytes` is in the
   * machine and only has to be indexed.
   */
  #replay(appliedBytes: number): void {
    const from = appliedBytes === 0 ? "beginning" : "archive";
    for (const { entry, ...position } of this.#journal.replay(from)) {
      const isApplied = position.offset < appliedBytes;
      if (entry.kind === "fork") {
        this.undo(entry, !isApplied);
        this.forks.push(entry);
        continue;
      }
      for (const [address, before, after] of entry.changes) {
        // An account that was closed since then may have been made by a transaction that is archived.
        this.tokens.seen(address, before);
        if (!isApplied) this.vm.setAccount(addressBytes(address), restoreAccount(after));
      }
      this.#index(entry, position);
      this.forgetBefore(entry.record.slot);
    }
  }

  #index({ record, changes }: Landing, position: EntryPosition): void {
    const { signature, slot, blockTime, memo, addresses } = record;
    this.history.add({ signature, slot, blockTime, err: record.meta.err, memo, position }, addresses);
    this.recentMessages.add(record.messageHash, slot);
    this.#newest = { slot, blockTime };
    for (const [address, before, after] of changes) {
      this.accounts.changed(address, slot, before);
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
