import { type Database, migrateToLatest } from "@flock/database";
import { parseLine, type StatementLine } from "@flock/epochs";
import { microLlama } from "@flock/money";
import { createLogger } from "@flock/observability";
import { DEFAULT_PARAMETERS, encodeParameters, type Parameters } from "@flock/parameters";
import { eventually, startTestPostgres, type TestPostgres } from "@flock/provision/testing";
import { auditBooks } from "../src/audit/audit-books.js";
import { type ClosedEpoch, closeNextEpoch } from "../src/close-epoch.js";
import type { AccountCode } from "../src/domain/account-code.js";
import type { Hold, Settle } from "../src/domain/job-operations.js";
import { GroupCommitter, type GroupCommitterOptions } from "../src/group-committer.js";
import { migrations } from "../src/migrations/index.js";
import { type EpochRecord, type EpochState, readEpochs, turnEpoch } from "../src/store/epochs.js";
import { ensureGenesis } from "../src/store/genesis.js";
import { openLedgerDatabase, openWriterDatabase } from "../src/store/open-database.js";
import type { LedgerSchema } from "../src/store/schema.js";
import { readStatementPortion } from "../src/store/statement-portions.js";

export const silent = createLogger("ledger-test", "silent");

export interface TestLedgerOptions {
  /** Length of the first epoch, shorter than parameters allow; default a day. */
  readonly firstEpochSeconds?: number;
}

/**
 * A ledger's database after genesis, and as many committers on it as a test asks for, each as its own process would be.
 */
export class TestLedger {
  readonly url: string;
  readonly db: Database<LedgerSchema>;
  readonly #protocolIds: ReadonlyMap<AccountCode, bigint>;
  readonly #writers: { committer: GroupCommitter; writer: Database<LedgerSchema> }[] = [];

  private constructor(
    url: string,
    db: Database<LedgerSchema>,
    protocolIds: ReadonlyMap<AccountCode, bigint>,
  ) {
    this.url = url;
    this.db = db;
    this.#protocolIds = protocolIds;
  }

  static async open(url: string, { firstEpochSeconds }: TestLedgerOptions = {}): Promise<TestLedger> {
    const db = openLedgerDatabase({ url, logger: silent });
    await migrateToLatest(db, migrations);
    if (firstEpochSeconds !== undefined)
      await db.pool.query("SELECT turn_epoch($1, $2, 0)", [
        encodeParameters(DEFAULT_PARAMETERS),
        firstEpochSeconds,
      ]);
    return new TestLedger(url, db, await ensureGenesis(db.pool, DEFAULT_PARAMETERS));
  }

  /** The ledger in a copy of this one's database: nothing is left to be made there. */
  copy(url: string): TestLedger {
    return new TestLedger(url, openLedgerDatabase({ url, logger: silent }), this.#protocolIds);
  }

  committer(options: Partial<GroupCommitterOptions> = {}): GroupCommitter {
    const writer = openWriterDatabase({ url: this.url, logger: silent });
    const committer = new GroupCommitter(writer.pool, this.#protocolIds, {
      parameters: () => DEFAULT_PARAMETERS,
      ...options,
    });
    this.#writers.push({ committer, writer });
    return committer;
  }

  /** Every balance that is not 0, by account. */
  async balances(): Promise<Map<string, bigint>> {
    const { rows } = await this.db.pool.query<{ code: string; balance: bigint }>(
      "SELECT code, posted_credit - posted_debit AS balance FROM balances WHERE posted_credit <> posted_debit",
    );
    return new Map(rows.map(({ code, balance }) => [code, balance]));
  }

  /** What an account may spend. */
  async available(account: AccountCode): Promise<bigint> {
    const row = await this.db.kysely
      .selectFrom("balances")
      .selectAll()
      .where("code", "=", account)
      .executeTakeFirst();
    return row === undefined ? 0n : row.posted_credit - row.posted_debit - row.pending_debit;
  }

  async count(table: "all_transfers" | "settlements" | "open_holds" | "commits"): Promise<number> {
    const { rows } = await this.db.pool.query<{ n: bigint }>(`SELECT count(*) AS n FROM ${table}`);
    return Number(rows[0]?.n);
  }

  /**
   * Ends the open epoch at this moment and opens the next, of an hour at least: what hours do in life. The epoch that
   * ended can be closed at once.
   */
  async endEpoch(next: Parameters = DEFAULT_PARAMETERS): Promise<void> {
    // The lock waits for the commits under way, as a real turn does.
    await this.tamper(
      `SELECT pg_advisory_xact_lock(epoch_lock());
       UPDATE epochs SET ends_at = date_trunc('milliseconds', clock_timestamp()) + interval '1 ms',
                         closes_at = date_trunc('milliseconds', clock_timestamp()) + interval '1 ms'
        WHERE state = 'open'`,
    );
    const hasTurned = async () => {
      await turnEpoch(this.db.pool, next);
      const { rows } = await this.db.pool.query(
        "SELECT FROM epochs WHERE state = 'open' AND ends_at > now() + interval '1 hour'",
      );
      return rows.length === 1;
    };
    await eventually("the epoch turns", hasTurned, { intervalMs: 1 });
  }

  /** Closes the oldest epoch that has ended, as the service does; undefined if there is none. */
  closeEpoch(committer: GroupCommitter): Promise<ClosedEpoch | undefined> {
    return closeNextEpoch({
      db: this.db,
      reports: this.db,
      operations: { run: (operation) => committer.submit(operation) },
    });
  }

  /** All epochs in a state. */
  epochs(state: EpochState): Promise<EpochRecord[]> {
    return readEpochs(this.db.pool, 1_000_000, undefined, state);
  }

  /** The lines of a closed epoch's statement. */
  async statementOf(epoch: bigint): Promise<StatementLine[]> {
    const lines: StatementLine[] = [];
    for (let portion = 0; ; portion++) {
      const found = await readStatementPortion(this.db.pool, epoch, portion);
      lines.push(...(found?.lines ?? []).map((text) => parseLine(`${text}\n`)));
      if (found?.isLast !== false) return lines;
    }
  }

  /**
   * Fails the test if any invariant of the books is broken. No expirer runs here, so holds may stay open past their
   * time.
   */
  async expectRightBooks(): Promise<void> {
    expect(await auditBooks(this.db, { overdueMsMax: 86_400_000 })).toEqual([]);
  }

  /** Changes the books as nobody can who does not own the database: without its triggers. */
  async tamper(statements: string): Promise<void> {
    await this.db.pool.query(`BEGIN; SET LOCAL session_replication_role = replica; ${statements}; COMMIT`);
  }

  async close(): Promise<void> {
    for (const { committer, writer } of this.#writers) {
      await committer.drain();
      await writer.close();
    }
    await this.db.close();
  }
}

/** PostgreSQL for one test file, and fresh ledgers in it. */
export interface LedgerServer {
  readonly postgres: TestPostgres;
  ledger(options?: TestLedgerOptions): Promise<TestLedger>;
  stop(): Promise<void>;
}

export async function startLedgerServer(): Promise<LedgerServer> {
  const postgres = await startTestPostgres();
  const template = await TestLedger.open(await postgres.createDatabase());
  await template.close();
  return {
    postgres,
    ledger: async (options) =>
      // The template's first epoch is open already.
      options?.firstEpochSeconds === undefined
        ? template.copy(await postgres.createDatabase(template.url))
        : TestLedger.open(await postgres.createDatabase(), options),
    stop: () => postgres.stop(),
  };
}

/** The server of a test file: started before its first test, stopped after its last. */
export function serverForFile(): Pick<LedgerServer, "ledger"> & { readonly postgres: TestPostgres } {
  let server: LedgerServer | undefined;
  const started = (): LedgerServer => {
    if (server === undefined) throw new Error("the server is there from the first test on");
    return server;
  };
  beforeAll(async () => {
    server = await startLedgerServer();
  });
  afterAll(() => server?.stop());
  return {
    get postgres() {
      return started().postgres;
    },
    ledger: (options) => started().ledger(options),
  };
}

/** Holds `cost` for a job and settles it. */
export async function runJob(
  committer: GroupCommitter,
  jobId: string,
  account: string,
  cost: bigint,
  workerId = "worker",
): Promise<void> {
  expect(await committer.submit(holdOf(jobId, account, cost))).toMatchObject({ kind: "held" });
  expect(await committer.submit(settleOf(jobId, account, cost, { workerId }))).toMatchObject({
    kind: "settled",
  });
}

export const micro = microLlama;

/** A hold of exactly `amount` for an hour, unless told otherwise. */
export function holdOf(jobId: string, accountId: string, amount: bigint, more: Partial<Hold> = {}): Hold {
  return {
    kind: "hold",
    jobId,
    accountId,
    amountMax: micro(amount),
    amountMin: micro(amount),
    timeoutMs: 3_600_000,
    ...more,
  };
}

/** A settlement that costs `cost`: one completion token per µLLAMA. */
export function settleOf(jobId: string, accountId: string, cost: bigint, more: Partial<Settle> = {}): Settle {
  return {
    kind: "settle",
    jobId,
    accountId,
    workerId: "worker",
    requesterId: "requester",
    model: "flock-tiny:latest",
    modelDigest: "0".repeat(64),
    promptTokens: 0n,
    completionTokens: cost,
    promptPrice: micro(1n),
    completionPrice: micro(1n),
    finishedAtMs: 1_700_000_000_000,
    ...more,
  };
}

export function fundOf(transferId: string, accountId: string, amount: bigint) {
  return { kind: "fund", transferId, accountId, amount: micro(amount) } as const;
}
