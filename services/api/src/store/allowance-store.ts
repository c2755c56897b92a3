import type { Database } from "@flock/database";
import { sql } from "kysely";
import type { ApiSchema } from "./schema.js";
import { translated } from "./translated.js";

/** A request that a key with limits wants to begin. */
export interface AllowanceOrder {
  readonly keyId: string;
  readonly jobId: string;
  readonly nowUnixMs: number;
  /** What it may cost, and the least that is worth reserving for it. */
  readonly mostMicro: bigint;
  readonly leastMicro: bigint;
  /** Upper bound of its tokens. */
  readonly tokensMax: number;
  /** What it takes is free again then, if its process dies. */
  readonly untilUnixMs: number;
}

export type Refusal = "revoked" | "streams" | "requests" | "tokens" | "budget_day" | "budget_month";

/** How Postgres answers an order. Null: the key has no such limit. */
export interface AllowanceRow {
  /** Null: the request may begin. */
  readonly refusal: Refusal | null;
  /** What is reserved for it. */
  readonly granted: bigint;
  /** Of a refusal by a budget: the budget, and what is charged or reserved of it. */
  readonly budget: bigint | null;
  readonly used: bigint | null;
  readonly minute_at: Date | null;
  readonly requests_left: bigint | null;
  readonly tokens_left: bigint | null;
  readonly tokens_counted: bigint | null;
}

/** What keys with limits have under way, in Postgres. Throws FlockErrors, `unavailable` if the database is away. */
export class AllowanceStore {
  readonly #db: Database<ApiSchema>;

  constructor(db: Database<ApiSchema>) {
    this.#db = db;
  }

  /** Takes what the request needs of its key's limits, or nothing: one statement. */
  async admit(order: AllowanceOrder): Promise<AllowanceRow> {
    const { rows } = await translated(() =>
      sql<AllowanceRow>`
        SELECT * FROM admit_request(
          ${order.keyId}, ${order.jobId}, ${new Date(order.nowUnixMs)}, ${order.leastMicro}, ${order.mostMicro},
          ${order.tokensMax}, ${new Date(order.untilUnixMs)}
        )`.execute(this.#db.kysely),
    );
    const [row] = rows;
    if (row === undefined) throw new Error("admit_request gives one row");
    return row;
  }

  /** The request has ended: it runs no more, and its minute counts the tokens that it took. */
  async end(order: AllowanceOrder, row: AllowanceRow, tokens: number): Promise<void> {
    const difference = BigInt(tokens) - (row.tokens_counted ?? BigInt(tokens));
    await translated(() =>
      sql`
        WITH ended AS (DELETE FROM running_requests WHERE job_id = ${order.jobId})
        UPDATE key_minutes SET tokens = greatest(tokens + ${difference}, 0)
         WHERE key_id = ${order.keyId} AND minute = ${row.minute_at}`.execute(this.#db.kysely),
    );
  }

  /** No event will tell that nothing is charged for it. */
  async release({ jobId }: AllowanceOrder): Promise<void> {
    await translated(() => this.#db.kysely.deleteFrom("reservations").where("job_id", "=", jobId).execute());
  }

  /** The request never was. */
  async undo({ jobId, keyId }: AllowanceOrder, row: AllowanceRow): Promise<void> {
    await translated(() =>
      sql`
        WITH ended AS (DELETE FROM running_requests WHERE job_id = ${jobId}),
             released AS (DELETE FROM reservations WHERE job_id = ${jobId})
        UPDATE key_minutes SET requests = greatest(requests - 1, 0), tokens = greatest(tokens - ${row.tokens_counted ?? 0n}, 0)
         WHERE key_id = ${keyId} AND minute = ${row.minute_at}`.execute(this.#db.kysely),
    );
  }
}
