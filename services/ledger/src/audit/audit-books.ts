import type { Database } from "@flock/database";
import { formatLlama, microLlama, TOTAL_SUPPLY } from "@flock/money";
import type pg from "pg";
import { CHAIN_START } from "../domain/chain-hash.js";
import type { LedgerSchema } from "../store/schema.js";
import { inSnapshot } from "../store/snapshot.js";
import type { Finding } from "./audit-page.js";
import { type BooksOptions, runBalanceChecks } from "./balance-checks.js";
import { LINKED_COMMITS, UNLINKED_COMMITS } from "./commit-page.js";
import { SETTLEMENTS } from "./settlement-page.js";
import { TRANSFERS } from "./transfer-page.js";
import { Violations } from "./violations.js";

export interface AuditOptions extends BooksOptions {
  /**
   * Called between two pages with the time that the last one took, or less if there should be less rest; the audit ends
   * with what it throws. Default: no rests.
   */
  readonly rest?: (workedMs: number) => Promise<void>;
}

type Client = Pick<pg.ClientBase, "query">;

/** Where a page begins: after this one. */
interface Cursor {
  readonly after: string;
  /** Of the link there, for commits. */
  readonly hash?: Uint8Array;
}

interface BalanceRow {
  readonly id: bigint;
  readonly code: string;
  readonly posted_debit: bigint;
  readonly posted_credit: bigint;
}

const BEFORE_ALL = String(-(2n ** 63n));
const NO_COMMIT: Cursor = { after: "0", hash: CHAIN_START };

const LAST_TRANSFER = "SELECT max(seq) AS last FROM transfers";
const LAST_LINK = "SELECT max(position) AS last FROM commit_chain";
/** Six times up to what is last; what comes after is left to the snapshot, or to the next audit. */
const REST_SHARE_MIN = 1 / 32;

const BALANCES_AT_ONCE = 1_000;
const BALANCES = `
  SELECT id, code, posted_debit, posted_credit FROM balances WHERE id > $1 ORDER BY id LIMIT ${BALANCES_AT_ONCE}`;

/**
 * Checks the books against every transfer ever made. Returns the faults in words; empty if there is none.
 *
 * Transfers, settlements and links never change, so they are read page by page, each page with a statement of its own,
 * while the ledger goes on. A long snapshot would keep PostgreSQL from tidying up the rows of balances, which every
 * commit changes. Only the commits made since, and the balances, are read in one snapshot, at the end.
 */
export async function auditBooks(
  db: Database<LedgerSchema>,
  options: AuditOptions = {},
): Promise<readonly string[]> {
  return await new Audit(options).run(db.pool);
}

class Audit {
  readonly #options: AuditOptions;
  readonly #violations = new Violations();
  /** What the transfers read so far debit and credit, by account. */
  readonly #moved = new Map<bigint, { debit: bigint; credit: bigint }>();
  /** By epoch. */
  readonly #earned = new Map<bigint, bigint>();
  readonly #vested = new Map<bigint, bigint>();

  constructor(options: AuditOptions) {
    this.#options = options;
  }

  async run(pool: pg.Pool): Promise<readonly string[]> {
    // Of these all jobs, and what they earned, are there; others may close while pages are read.
    const { rows: closed } = await pool.query<{ number: bigint }>(
      "SELECT number FROM epochs WHERE state >= 'closed' ORDER BY number",
    );
    await this.#readPages(pool, SETTLEMENTS, { after: "" }, { restShare: 1 });
    await this.#readUpToNow(pool, TRANSFERS, { after: BEFORE_ALL }, LAST_TRANSFER);
    // Last, so that there is little left for the snapshot.
    const linked = await this.#readUpToNow(pool, LINKED_COMMITS, NO_COMMIT, LAST_LINK);
    await inSnapshot(pool, "read only", async (client) => {
      await this.#readPages(client, LINKED_COMMITS, linked);
      await this.#readPages(client, UNLINKED_COMMITS, NO_COMMIT);
      await this.#compareBalances(client);
      await runBalanceChecks(client, this.#violations, this.#options);
    });
    for (const { number } of closed) {
      if ((this.#earned.get(number) ?? 0n) !== (this.#vested.get(number) ?? 0n))
        this.#violations.add("a closed epoch did not vest what its jobs earned", String(number));
    }
    return this.#violations.found;
  }

  /**
   * Reads up to what is last now with full rests, from there up to what is last then with half as long ones, and so on:
   * with full rests alone it might never come to the end of books that grow. Returns where it ended.
   */
  async #readUpToNow(
    client: Client,
    statement: pg.QueryConfig,
    start: Cursor,
    lastOf: string,
  ): Promise<Cursor> {
    let cursor = start;
    for (let restShare = 1; restShare >= REST_SHARE_MIN; restShare /= 2) {
      const { rows } = await client.query<{ last: bigint | null }>(lastOf);
      const upTo = rows[0]?.last ?? BigInt(start.after);
      if (BigInt(cursor.after) >= upTo) break;
      cursor = await this.#readPages(client, statement, cursor, { restShare, upTo });
    }
    return cursor;
  }

  /** Reads pages until there is none, or one reaches `upTo`; returns where the last one ended. */
  async #readPages(
    client: Client,
    statement: pg.QueryConfig,
    start: Cursor,
    { restShare = 0, upTo }: { readonly restShare?: number; readonly upTo?: bigint } = {},
  ): Promise<Cursor> {
    let cursor = start;
    while (upTo === undefined || BigInt(cursor.after) < upTo) {
      const startedAt = performance.now();
      const values = cursor.hash === undefined ? [cursor.after] : [cursor.after, cursor.hash];
      const { rows } = await client.query<Finding>({ ...statement, values });
      let end: Cursor | undefined;
      for (const row of rows) {
        if (row.found === "end")
          end = { after: row.what, ...(start.hash && { hash: row.hash ?? CHAIN_START }) };
        else this.#take(row);
      }
      if (end === undefined) break;
      cursor = end;
      if (restShare > 0) await this.#options.rest?.((performance.now() - startedAt) * restShare);
    }
    return cursor;
  }

  #take(finding: Exclude<Finding, { found: "end" }>): void {
    switch (finding.found) {
      case "moved": {
        const { debit, credit } = this.#moved.get(finding.number) ?? { debit: 0n, credit: 0n };
        this.#moved.set(finding.number, { debit: debit + finding.debit, credit: credit + finding.credit });
        break;
      }
      case "earned":
        add(this.#earned, finding.number, finding.credit);
        break;
      case "vested":
        add(this.#vested, finding.number, finding.credit);
        break;
      case "violation":
        this.#violations.add(finding.rule, finding.what);
        break;
    }
  }

  async #compareBalances(client: Client): Promise<void> {
    const rule = "a stored balance is not what the transfers add up to";
    let supplied = 0n;
    for (let after = 0n, isLast = false; !isLast; ) {
      const { rows } = await client.query<BalanceRow>(BALANCES, [after]);
      for (const { id, code, posted_debit: debit, posted_credit: credit } of rows) {
        const moved = this.#moved.get(id) ?? { debit: 0n, credit: 0n };
        if (debit !== moved.debit || credit !== moved.credit) this.#violations.add(rule, code);
        this.#moved.delete(id);
        if (code === "supply:root") supplied = debit;
        after = id;
      }
      isLast = rows.length < BALANCES_AT_ONCE;
    }
    for (const id of this.#moved.keys()) this.#violations.add(rule, `account ${id}, which does not exist`);
    if (supplied !== TOTAL_SUPPLY) {
      const [is, ought] = [supplied, TOTAL_SUPPLY].map((amount) => formatLlama(microLlama(amount)));
      this.#violations.add("what came from the supply root is not the supply", `${is} LLAMA, not ${ought}`);
    }
  }
}

function add(sums: Map<bigint, bigint>, key: bigint, amount: bigint): void {
  sums.set(key, (sums.get(key) ?? 0n) + amount);
}
