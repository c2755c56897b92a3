import { call, type Mesh } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { LEDGER } from "@flock/proto/ledger";
import { eventually } from "@flock/provision/testing";
import pg from "pg";
import { verifyBooks } from "./verify-books.js";

/** What the ledger recorded of one settled job. */
export interface SettlementRow {
  readonly jobId: string;
  readonly promptTokens: bigint;
  readonly completionTokens: bigint;
  readonly promptPriceMicro: bigint;
  readonly completionPriceMicro: bigint;
  readonly chargeMicro: bigint;
  readonly workerShareMicro: bigint;
  readonly protocolShareMicro: bigint;
}

const SETTLEMENTS = `
  SELECT job_id AS "jobId", prompt_tokens AS "promptTokens", completion_tokens AS "completionTokens",
         prompt_price_micro AS "promptPriceMicro", completion_price_micro AS "completionPriceMicro",
         charge_micro AS "chargeMicro", worker_share_micro AS "workerShareMicro",
         protocol_share_micro AS "protocolShareMicro"
    FROM ledger.settlements`;

/** int8 as bigint, on this connection alone. */
const types = new pg.TypeOverrides();
types.setTypeParser(20, BigInt);

/** The ledger of a test mesh: balances as the service tells them, and the rows behind them. */
export class Books {
  readonly #mesh: Mesh;
  readonly #databaseUrl: string;

  constructor(mesh: Mesh, databaseUrl: string) {
    this.#mesh = mesh;
    this.#databaseUrl = databaseUrl;
  }

  /**
   * µLLAMA that the ledger account (`wallet:<account>`, `earnings:<worker>`, `pool:fees`, …) has, holds not deducted.
   */
  async balance(ledgerAccount: string): Promise<bigint> {
    const request = { version: PROTOCOL_VERSION, ledgerAccount };
    return (await call(this.#mesh, LEDGER.balance, request, { timeoutMs: 5_000 })).postedMicro;
  }

  /** µLLAMA that open holds keep back from the ledger account. */
  async held(ledgerAccount: string): Promise<bigint> {
    const request = { version: PROTOCOL_VERSION, ledgerAccount };
    return (await call(this.#mesh, LEDGER.balance, request, { timeoutMs: 5_000 })).heldMicro;
  }

  /** Settlements of these jobs, at most one per job by the table's key; jobs that were not settled are left out. */
  async settlements(jobIds: readonly string[]): Promise<SettlementRow[]> {
    return this.query<SettlementRow>(`${SETTLEMENTS} WHERE job_id = ANY($1::text[])`, [jobIds]);
  }

  /** Settlements that an account of the api has paid for, in order. */
  async settlementsOf(accountId: string): Promise<SettlementRow[]> {
    const ofAccount = "wallet_id = (SELECT id FROM ledger.accounts WHERE code = $1)";
    return this.query<SettlementRow>(`${SETTLEMENTS} WHERE ${ofAccount} ORDER BY settled_at`, [
      `wallet:${accountId}`,
    ]);
  }

  /** Waits until the job is settled. */
  settled(jobId: string): Promise<SettlementRow> {
    return eventually(`the settlement of job ${jobId}`, async () => (await this.settlements([jobId]))[0]);
  }

  /** Open holds: all, or those whose timeout has passed by more than `overdueMs`. */
  async openHolds(overdueMs?: number): Promise<string[]> {
    const overdue = overdueMs === undefined ? "true" : `timeout_at < now() - interval '${overdueMs} ms'`;
    const rows = await this.query<{ id: string }>(`SELECT id FROM ledger.open_holds WHERE ${overdue}`);
    return rows.map(({ id }) => id);
  }

  /**
   * What is wrong with the books, in words; empty: the sum of all is zero, nobody is below it, no hold is overdue, …
   */
  faults(): Promise<readonly string[]> {
    return verifyBooks(this.#databaseUrl);
  }

  /** Asks the database itself; numbers come as bigint. */
  async query<Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const client = new pg.Client({ connectionString: this.#databaseUrl, types });
    client.on("error", () => {}); // A database that is killed under us: the query rejects.
    await client.connect();
    try {
      return (await client.query<Row>(text, [...values])).rows;
    } finally {
      await client.end().catch(() => {});
    }
  }
}
