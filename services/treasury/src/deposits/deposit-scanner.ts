import { type Part, repeat } from "@flock/mesh";
import type { Chain, HistoryEntry } from "../chain/chain.js";
import { type ChainTransaction, readMovement } from "../domain/movement.js";
import { batchOfSignature } from "../store/batches.js";
import { knownMovements, readLoss, recordMovement } from "../store/movements.js";
import { referencedAccounts } from "../store/references.js";
import { halt, type Treasury } from "../treasury.js";

const PAGE_QUICK = 100;
const PAGE_FULL = 1_000;
const OVERLAP_INTERVAL_MS = 60_000;
const PARALLEL = 8;

/**
 * How far back a scan looks: to the first page without anything new; over the newest `overlap` transactions whatever
 * they are; or over the whole history.
 */
export type ScanDepth = "new" | "overlap" | "all";

export interface DepositScannerOptions {
  readonly intervalMs: number;
  readonly overlap: number;
}

/**
 * Puts every finalized transaction of the token account on record, once. The address listed is the token account's,
 * because a plain transfer to it does not name the wallet that owns it. What was listed and could not be had is asked
 * for again, and holds nothing else up; should this process die meanwhile, the next one begins with the overlap.
 *
 * Where two endpoints are configured, money is believed to have come in when two of them tell the same of it.
 */
export class DepositScanner implements Part {
  readonly name = "deposit scanner";
  readonly #treasury: Treasury;
  readonly #options: DepositScannerOptions;
  #nextOverlapMs = Number.NEGATIVE_INFINITY;
  /** Listed, and not to be had or not to be believed yet: slot by signature. */
  #missing: Map<string, bigint> = new Map();
  #scanning: Promise<unknown> = Promise.resolve();

  constructor(treasury: Treasury, options: DepositScannerOptions) {
    this.#treasury = treasury;
    this.#options = options;
  }

  /** What was listed up to a slot and is not on record yet. While there is any, the record is known as incomplete. */
  missing(slot: bigint): readonly string[] {
    return [...this.#missing].filter(([, at]) => at <= slot).map(([signature]) => signature);
  }

  async start(stop: AbortSignal): Promise<void> {
    const { intervalMs } = this.#options;
    const { logger } = this.#treasury;
    await repeat({ name: this.name, logger, intervalMs }, () => this.round().then(() => false), stop);
  }

  /** Records what is new; once a minute, and at first, also what a listing may have left out. */
  async round(): Promise<void> {
    const { clock, endpoints } = this.#treasury;
    const isOverlap = clock.nowMs() >= this.#nextOverlapMs;
    await endpoints.any((chain) => this.scan(isOverlap ? "overlap" : "new", chain));
    if (isOverlap) this.#nextOverlapMs = clock.nowMs() + OVERLAP_INTERVAL_MS;
  }

  /** Records what the endpoint lists and is not on record; returns how many transactions those were. One at a time. */
  async scan(depth: ScanDepth, chain: Chain): Promise<number> {
    const scan = this.#scanning.then(() => this.#scan(depth, chain));
    this.#scanning = scan.catch(() => {});
    return await scan;
  }

  async #scan(depth: ScanDepth, chain: Chain): Promise<number> {
    const listed = await this.#unknown(depth, chain);
    for (const { signature, slot } of listed) this.#missing.set(signature, slot);
    const wanted = [...this.#missing.keys()];
    let recorded = 0;
    for (let from = 0; from < wanted.length; from += PARALLEL) {
      const some = wanted.slice(from, from + PARALLEL);
      const found = await Promise.all(some.map((signature) => this.#transaction(signature)));
      for (const chainTx of found) {
        if (chainTx === undefined) continue;
        if (await this.#record(chainTx)) recorded += 1;
        this.#missing.delete(chainTx.signature);
      }
    }
    if (recorded > 0 && depth !== "new") this.#treasury.metrics.recovered(recorded);
    return recorded;
  }

  /** Listed and not on record, oldest first. */
  async #unknown(depth: ScanDepth, chain: Chain): Promise<HistoryEntry[]> {
    const { db, accounts } = this.#treasury;
    const address = accounts.tokenAccount;
    const limit = depth === "new" ? PAGE_QUICK : PAGE_FULL;
    const unknown: HistoryEntry[] = [];
    let listed = 0;
    let before: string | undefined;
    for (;;) {
      const page = await chain.history(address, limit, before);
      const known = await knownMovements(
        db.kysely,
        page.map(({ signature }) => signature),
      );
      unknown.push(...page.filter(({ signature }) => !known.has(signature)));
      listed += page.length;
      before = page.at(-1)?.signature;
      const isDone =
        page.length === 0 ||
        (depth === "new" && known.size > 0) ||
        (depth === "overlap" && known.size > 0 && listed >= this.#options.overlap);
      if (isDone) return unknown.reverse();
    }
  }

  /** The transaction, if enough endpoints tell the same of it; undefined: not yet. */
  async #transaction(signature: string): Promise<ChainTransaction | undefined> {
    const { endpoints } = this.#treasury;
    const answers = await endpoints.each((chain) => chain.transaction(signature));
    const found = answers.filter((answer) => answer !== undefined);
    const [first, ...others] = found;
    if (first === undefined) return undefined;
    // Who says that money went out is believed at once.
    const needed = found.some(({ delta }) => delta > 0n) ? Math.min(2, endpoints.all.length) : 1;
    if (found.length < needed) return undefined;
    if (others.every((other) => isSame(first, other))) return first;
    await halt(this.#treasury, "holdings", `the endpoints tell different things of transaction ${signature}`);
    return undefined;
  }

  async #record(chainTx: ChainTransaction): Promise<boolean> {
    const { db, metrics, signer, limits, logger } = this.#treasury;
    const batch = await batchOfSignature(db.kysely, chainTx.signature);
    const movement = readMovement(chainTx, {
      treasury: signer.address,
      depositMin: limits().depositMin,
      isOurBatch: batch !== undefined,
      // Few are signed by us and none of our batches.
      loss: chainTx.signers.includes(signer.address) ? await readLoss(db.kysely) : 0n,
      referenced: await referencedAccounts(db.kysely, chainTx.accountKeys),
    });
    if (!(await recordMovement(db.kysely, movement))) return false;
    metrics.movement(movement.kind);
    logger.debug({ signature: movement.signature, kind: movement.kind }, "movement on record");
    if (movement.kind === "foreign" && movement.delta > 0n)
      logger.warn({ signature: movement.signature, delta: String(movement.delta) }, "LLAMA has come back");
    if (movement.kind === "foreign" && movement.delta < 0n)
      await halt(
        this.#treasury,
        "foreign",
        `${-movement.delta} base units left the token account in transaction ${movement.signature}, which is none of ours`,
      );
    if (movement.delta !== 0n && (batch?.state === "expired" || batch?.state === "failed"))
      await halt(this.#treasury, "batch", `batch ${batch.id} was given up as ${batch.state}, and has landed`);
    return true;
  }
}

function isSame(a: ChainTransaction, b: ChainTransaction): boolean {
  return a.delta === b.delta && a.slot === b.slot && (a.error === undefined) === (b.error === undefined);
}
