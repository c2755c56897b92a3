import { FlockError } from "@flock/errors";
import { type Part, repeat } from "@flock/mesh";
import { formatLlama, microLlama } from "@flock/money";
import type { Chain } from "../chain/chain.js";
import type { DepositScanner } from "../deposits/deposit-scanner.js";
import { type BooksFinding, checkBooks } from "../domain/check-books.js";
import { checkHoldings, type HoldingsView } from "../domain/check-holdings.js";
import { readOwnBooks, recordedHoldings, sumUnrecorded } from "../store/movements.js";
import { stopsInForce } from "../store/stops.js";
import { halt, type Treasury } from "../treasury.js";
import { isOwnAccountFit } from "./own-account-check.js";

/** The ledger is asked between two looks at our own books; they must be the same, or the comparison means nothing. */
const ATTEMPTS_MAX = 10;
/** Rounds in a row in which nothing can explain the balance on chain, before it is an alarm. */
const GAP_ROUNDS_MAX = 3;

/**
 * Invariant 3, continuously: chain = our record of it = the ledger, apart from what is under way.
 *
 * - The balance of the token account at a finalized slot must be the sum of all recorded transactions up to that
 *   slot. If it is not, a list has left one out: the whole history is read again, at every endpoint, because one may
 *   keep back for long what another one shows. If that does not help, payouts halt after a few rounds, unless what is
 *   known to be unseen can explain it (domain/check-holdings.ts): a surplus waits for every list to reach the slot of
 *   the balance, a deficit for none. A list reaches a slot if its endpoint told a balance of that slot, or of a later
 *   one, before.
 * - The ledger's `external:solana` must be within what is under way of our record (domain/check-books.ts). If it is
 *   not, twice, payouts halt.
 */
export class Reconciler implements Part {
  readonly name = "reconciler";
  readonly #treasury: Treasury;
  readonly #scanner: DepositScanner;
  readonly #intervalMs: number;
  #gapRounds = 0;

  constructor(treasury: Treasury, scanner: DepositScanner, intervalMs: number) {
    this.#treasury = treasury;
    this.#scanner = scanner;
    this.#intervalMs = intervalMs;
  }

  async start(stop: AbortSignal): Promise<void> {
    const options = { name: this.name, logger: this.#treasury.logger, intervalMs: this.#intervalMs };
    await repeat(options, () => this.round().then(() => false), stop);
  }

  async round(): Promise<void> {
    const { db, metrics } = this.#treasury;
    try {
      await isOwnAccountFit(this.#treasury);
      await this.#compareWithChain();
      await this.#compareWithLedger();
    } finally {
      // Also while nothing can be compared: that is when somebody has to hear of it.
      const stops = await stopsInForce(db.kysely);
      for (const kind of ["halt", "pause"] as const)
        metrics.stops(kind, stops.filter((stop) => stop.kind === kind).length);
    }
  }

  async #compareWithChain(): Promise<void> {
    const { logger } = this.#treasury;
    const view = await this.#holdingsView();
    const { difference } = view;
    const finding = checkHoldings(view);
    if (finding === "waiting")
      return logger.warn(
        { difference: String(difference) },
        "endpoints do not tell of everything yet that the token account's balance has in it",
      );
    this.#gapRounds = finding === "equal" ? 0 : this.#gapRounds + 1;
    if (this.#gapRounds < GAP_ROUNDS_MAX) return;
    const text = `the token account holds ${difference} base units that no listed transaction explains`;
    await halt(this.#treasury, "holdings", text);
  }

  async #holdingsView(): Promise<HoldingsView> {
    const { db, endpoints, metrics } = this.#treasury;
    const { asked, amount, slot } = await endpoints.any(async (chain) => {
      // Balance and list from the same endpoint, in this order: the list is at least as new.
      const { amount, slot } = await chain.holdings();
      metrics.holdings(amount);
      await this.#scanner.scan("new", chain);
      return { asked: chain, amount, slot };
    });
    const difference = async () => amount - (await recordedHoldings(db.kysely, slot));
    if ((await difference()) === 0n) return { difference: 0n, mayBringIn: false, takenUnseen: 0n };
    const areAllRead = await this.#readWholeHistory(asked, slot);
    const unseen = await sumUnrecorded(db.kysely, this.#scanner.missing(slot));
    return {
      difference: await difference(),
      mayBringIn: !areAllRead || unseen.others > 0n,
      takenUnseen: unseen.takenByBatches,
    };
  }

  /**
   * Records what any endpoint lists. True: each of them did, up to `slot` at least; `asked` has told that slot.
   * @throws FlockError `unavailable` when none did: nothing can be concluded then
   */
  async #readWholeHistory(asked: Chain, slot: bigint): Promise<boolean> {
    const { endpoints, logger } = this.#treasury;
    const areRead = await endpoints.each(async (chain) => {
      const reached = chain === asked ? slot : (await chain.holdings()).slot;
      const recovered = await this.#scanner.scan("all", chain);
      if (recovered > 0)
        logger.warn(
          { endpoint: chain.endpoint, transactions: recovered },
          "a list had left transactions out",
        );
      return reached >= slot;
    });
    if (areRead.every((isRead) => isRead === undefined))
      throw new FlockError("unavailable", "no endpoint tells the whole history of the token account");
    return areRead.every((isRead) => isRead === true);
  }

  async #compareWithLedger(): Promise<void> {
    const { metrics, logger } = this.#treasury;
    let finding = await this.#booksFinding();
    // Once more: a single answer that was wrong must not stop payouts.
    if (finding?.kind === "broken") finding = await this.#booksFinding();
    const difference = finding?.kind === "broken" ? finding.difference : 0n;
    metrics.reconciled(finding?.kind ?? "undetermined", difference);
    if (finding === undefined) return logger.debug("too much is under way to compare the books");
    if (finding.kind !== "broken") return;
    const llama = formatLlama(microLlama(difference));
    await halt(this.#treasury, "books", `the ledger and the chain differ by ${llama} LLAMA`, {
      differenceMicro: String(difference),
    });
  }

  /** Undefined: our own books never stood still while the ledger was asked. */
  async #booksFinding(): Promise<BooksFinding | undefined> {
    const { db, ledger } = this.#treasury;
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      const before = await readOwnBooks(db.kysely);
      const external = await ledger.external();
      const after = await readOwnBooks(db.kysely);
      if (before.version === after.version) return checkBooks({ ...before, external });
    }
    return undefined;
  }
}
