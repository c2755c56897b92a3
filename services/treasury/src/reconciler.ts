import { type Part, repeating } from "@flock/mesh";
import { formatLlama, microLlama } from "@flock/money";
import type { DepositScanner } from "./deposit-scanner.js";
import { type BooksVerdict, checkBooks } from "./domain/check-books.js";
import { readOwnBooks, recordedHoldings } from "./store/movements.js";
import { stopsInForce } from "./store/stops.js";
import { halt, type Treasury } from "./treasury.js";

/** The ledger is asked between two looks at our own books; they must be the same, or the comparison means nothing. */
const ATTEMPTS_MAX = 10;
/** Rounds in a row in which the balance on chain is not the sum of the listed transactions, before it is an alarm. */
const GAP_ROUNDS_MAX = 3;

/**
 * Invariant 3, continuously: chain = our record of it = the ledger, apart from what is under way (domain/check-books.ts).
 *
 * - The balance of the token account at a finalized slot must be the sum of all recorded transactions up to that slot. If it
 *   is not, a listing left one out, and the whole history is read again. If that does not help, payouts halt. While an endpoint
 *   that is needed to believe a deposit is away, the record is known to be incomplete, and nothing is concluded.
 * - The ledger's `external:solana` must be within what is under way of our record. If it is not, twice, payouts halt.
 */
export class Reconciler {
  readonly #treasury: Treasury;
  readonly #scanner: DepositScanner;
  readonly #intervalMs: number;
  #gapRounds = 0;

  constructor(treasury: Treasury, scanner: DepositScanner, intervalMs: number) {
    this.#treasury = treasury;
    this.#scanner = scanner;
    this.#intervalMs = intervalMs;
  }

  part(): Part {
    const { logger } = this.#treasury;
    return repeating({ name: "reconciler", logger, intervalMs: this.#intervalMs }, async () => {
      await this.round();
      return false;
    });
  }

  async round(): Promise<void> {
    const { db, metrics } = this.#treasury;
    await this.#compareWithChain();
    await this.#compareWithLedger();
    const stops = await stopsInForce(db.kysely);
    for (const kind of ["halt", "pause"] as const)
      metrics.stops(kind, stops.filter((stop) => stop.kind === kind).length);
  }

  async #compareWithChain(): Promise<void> {
    const { db, endpoints, logger, metrics } = this.#treasury;
    const difference = await endpoints.any(async (chain) => {
      // Balance and list from the same endpoint, in this order: the list is at least as new.
      const { amount, slot } = await chain.holdings();
      metrics.holdings(amount);
      const missing = async () => amount - (await recordedHoldings(db.kysely, slot));
      await this.#scanner.scan("new", chain);
      if ((await missing()) === 0n) return 0n;
      const recovered = await this.#scanner.scan("all", chain);
      if (recovered > 0) logger.warn({ transactions: recovered }, "a listing had left transactions out");
      return await missing();
    });
    if (difference !== 0n && this.#scanner.isBehind)
      return logger.warn(
        { difference: String(difference) },
        "endpoints do not tell of all that they list yet",
      );
    this.#gapRounds = difference === 0n ? 0 : this.#gapRounds + 1;
    if (this.#gapRounds < GAP_ROUNDS_MAX) return;
    const text = `the token account holds ${difference} base units that no listed transaction explains`;
    await halt(this.#treasury, "holdings", text);
  }

  async #compareWithLedger(): Promise<void> {
    const { metrics, logger } = this.#treasury;
    let verdict = await this.#booksVerdict();
    // Once more: a single answer that was wrong must not stop payouts.
    if (verdict?.kind === "broken") verdict = await this.#booksVerdict();
    const difference = verdict?.kind === "broken" ? verdict.difference : 0n;
    metrics.reconciled(verdict?.kind ?? "undetermined", difference);
    if (verdict === undefined) return logger.debug("too much is under way to compare the books");
    if (verdict.kind !== "broken") return;
    const llama = formatLlama(microLlama(difference));
    await halt(this.#treasury, "books", `the ledger and the chain differ by ${llama} LLAMA`, {
      differenceMicro: String(difference),
    });
  }

  /** Undefined: our own books never stood still while the ledger was asked. */
  async #booksVerdict(): Promise<BooksVerdict | undefined> {
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
