import type { Database } from "@flock/database";
import { sql } from "kysely";
import type { UsedJob } from "../usage/usage-event.js";
import type { ApiSchema } from "./schema.js";
import { translated } from "./translated.js";

/** How far the event stream is counted. */
export interface UsagePosition {
  /** Time of the stream's creation: another one is another stream. Empty: none was counted yet. */
  readonly stream: string;
  readonly sequence: bigint;
}

/** What a usage report tells apart, in this order. */
export const USAGE_GROUPS = ["day", "model", "key"] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];

export interface UsageQuestion {
  readonly accountId: string;
  /** First and last day, such as 2026-11-22. */
  readonly from: string;
  readonly to: string;
  readonly by: readonly UsageGroup[];
  /** Of this key alone. */
  readonly keyId?: string | undefined;
  readonly rowsMax: number;
}

/** What was used on a day, of a model, by a key: each is undefined if it is not told apart. */
export interface UsageRow {
  readonly day: string | undefined;
  readonly model: string | undefined;
  readonly keyId: string | undefined;
  readonly requests: bigint;
  readonly promptTokens: bigint;
  readonly completionTokens: bigint;
  readonly chargeMicro: bigint;
}

interface GroupRow {
  readonly day: string | null;
  readonly model: string | null;
  readonly key_id: string | null;
  readonly requests: bigint;
  readonly prompt_tokens: bigint;
  readonly completion_tokens: bigint;
  readonly charge_micro: bigint;
}

/** Usage of keys in Postgres. Throws FlockErrors, `unavailable` if the database is away. */
export class UsageStore {
  readonly #db: Database<ApiSchema>;

  constructor(db: Database<ApiSchema>) {
    this.#db = db;
  }

  /** Makes `reader` the one that counts, for `ttlMs` from now, if no other is; undefined if one is. */
  async lead(reader: string, ttlMs: number): Promise<UsagePosition | undefined> {
    const { rows } = await translated(() =>
      sql<UsagePosition>`
        UPDATE usage_position SET reader = ${reader}, reader_until = now() + ${ttlMs} * interval '1 millisecond'
         WHERE reader IS NULL OR reader = ${reader} OR reader_until <= now()
        RETURNING stream, sequence`.execute(this.#db.kysely),
    );
    return rows[0];
  }

  /** Lets another one count, if this one does. */
  async resign(reader: string): Promise<void> {
    await translated(() =>
      sql`UPDATE usage_position SET reader = NULL WHERE reader = ${reader}`.execute(this.#db.kysely),
    );
  }

  /**
   * Adds what these jobs used, lets go of what was reserved for those that have ended, and moves the position from
   * where they begin to where they end: all or nothing, in one statement. False, and nothing is counted, if the
   * position is not where they begin: another one has counted them. Jobs of keys that there are not, or that are
   * another account's, are left out.
   */
  async count(
    from: UsagePosition,
    to: UsagePosition,
    jobs: readonly UsedJob[],
    ended: readonly string[],
  ): Promise<boolean> {
    const column = <T>(read: (job: UsedJob) => T): T[] => jobs.map(read);
    const { rows } = await translated(() =>
      sql`
        WITH moved AS (
          UPDATE usage_position SET stream = ${to.stream}, sequence = ${to.sequence}
           WHERE stream = ${from.stream} AND sequence = ${from.sequence} RETURNING id
        ), released AS (
          DELETE FROM reservations USING moved WHERE job_id = ANY (${ended}::text[])
        ), used AS (
          SELECT keys.id AS key_id, job.day, job.model, keys.account_id, count(*) AS requests,
                 sum(job.prompt) AS prompt, sum(job.completion) AS completion, sum(job.charge) AS charge
            FROM moved, unnest(
              ${column(({ keyId }) => keyId)}::uuid[], ${column(({ accountId }) => accountId)}::text[],
              ${column(({ model }) => model)}::text[], ${column(({ day }) => day)}::date[],
              ${column(({ promptTokens }) => promptTokens)}::bigint[],
              ${column(({ completionTokens }) => completionTokens)}::bigint[],
              ${column(({ chargeMicro }) => chargeMicro)}::bigint[]
            ) AS job (key_id, account_id, model, day, prompt, completion, charge)
            JOIN keys ON keys.id = job.key_id AND keys.account_id = job.account_id COLLATE "C"
           GROUP BY keys.id, job.day, job.model
        ), added AS (
          INSERT INTO usage_by_day AS usage
            (key_id, day, model, account_id, requests, prompt_tokens, completion_tokens, charge_micro)
          SELECT key_id, day, model, account_id, requests, prompt, completion, charge FROM used
          ON CONFLICT (key_id, day, model) DO UPDATE SET
            requests = usage.requests + excluded.requests,
            prompt_tokens = usage.prompt_tokens + excluded.prompt_tokens,
            completion_tokens = usage.completion_tokens + excluded.completion_tokens,
            charge_micro = usage.charge_micro + excluded.charge_micro
        )
        SELECT id FROM moved`.execute(this.#db.kysely),
    );
    return rows.length > 0;
  }

  /** The account's usage, added up over what is not told apart; in the order of what is, newest day first. */
  async usage({ accountId, from, to, by, keyId, rowsMax }: UsageQuestion): Promise<UsageRow[]> {
    const group = (name: UsageGroup, column: string) =>
      by.includes(name) ? sql.raw(column) : sql.raw("NULL::text");
    const { rows } = await translated(() =>
      sql<GroupRow>`
        SELECT day, model, key_id, sum(requests) AS requests, sum(prompt_tokens) AS prompt_tokens,
               sum(completion_tokens) AS completion_tokens, sum(charge_micro) AS charge_micro
          FROM (
            SELECT ${group("day", "to_char(day, 'YYYY-MM-DD')")} AS day, ${group("model", "model")} AS model,
                   ${group("key", "key_id::text")} AS key_id,
                   requests, prompt_tokens, completion_tokens, charge_micro
              FROM usage_by_day
             WHERE account_id = ${accountId} AND day BETWEEN ${from} AND ${to}
               AND key_id = coalesce(${keyId ?? null}::uuid, key_id)
          ) AS part
         GROUP BY day, model, key_id ORDER BY day DESC, model, key_id LIMIT ${rowsMax}`.execute(
        this.#db.kysely,
      ),
    );
    return rows.map((row) => ({
      day: row.day ?? undefined,
      model: row.model ?? undefined,
      keyId: row.key_id ?? undefined,
      requests: row.requests,
      promptTokens: row.prompt_tokens,
      completionTokens: row.completion_tokens,
      chargeMicro: row.charge_micro,
    }));
  }
}
