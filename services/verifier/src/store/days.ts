import { randomBytes } from "node:crypto";
import { dayKeySha256 } from "@flock/evidence";
import { type Kysely, sql, type Transaction } from "kysely";
import { dayOf } from "../domain/day.js";
import type { VerifierSchema } from "./schema.js";

const KEY_BYTES = 32;

export interface DayKey {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly key: Uint8Array;
  readonly keySha256: Uint8Array;
}

/** The key of a day, made when it is first asked for. Whoever comes second gets the first one's. */
export async function ensureDayKey(
  db: Kysely<VerifierSchema> | Transaction<VerifierSchema>,
  day: string,
): Promise<Uint8Array> {
  const key = randomBytes(KEY_BYTES);
  await db
    .insertInto("day_keys")
    .values({ day, key, key_sha256: Buffer.from(dayKeySha256(key)) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const row = await db
    .selectFrom("day_keys")
    .select("key")
    .where("day", "=", sql<Date>`${day}::date`)
    .executeTakeFirstOrThrow();
  return row.key;
}

/** The newest keys, newest day first. */
export async function dayKeys(db: Kysely<VerifierSchema>, limit: number): Promise<DayKey[]> {
  const rows = await db
    .selectFrom("day_keys")
    .select([sql<string>`to_char(day, 'YYYY-MM-DD')`.as("text"), "key", "key_sha256"])
    .orderBy("day", "desc")
    .limit(limit)
    .execute();
  return rows.map(({ text, key, key_sha256 }) => ({ day: text, key, keySha256: key_sha256 }));
}

export interface Counts {
  readonly jobsSeen: number;
  readonly jobsDrawn: number;
  readonly same: number;
  readonly different: number;
  readonly undetermined: number;
  readonly jobTokens: number;
  readonly checkTokens: number;
}

/** Adds to what was counted on the day. */
export async function count(
  db: Transaction<VerifierSchema>,
  unixMs: number,
  {
    jobsSeen = 0,
    jobsDrawn = 0,
    same = 0,
    different = 0,
    undetermined = 0,
    jobTokens = 0,
    checkTokens = 0,
  }: Partial<Counts>,
): Promise<void> {
  await sql`
    INSERT INTO day_counts AS c (day, jobs_seen, jobs_drawn, same, different, undetermined, job_tokens, check_tokens)
    VALUES (${dayOf(unixMs)}::date, ${jobsSeen}, ${jobsDrawn}, ${same}, ${different}, ${undetermined}, ${jobTokens},
            ${checkTokens})
    ON CONFLICT (day) DO UPDATE SET
      jobs_seen = c.jobs_seen + excluded.jobs_seen, jobs_drawn = c.jobs_drawn + excluded.jobs_drawn,
      same = c.same + excluded.same, different = c.different + excluded.different,
      undetermined = c.undetermined + excluded.undetermined, job_tokens = c.job_tokens + excluded.job_tokens,
      check_tokens = c.check_tokens + excluded.check_tokens`.execute(db);
}

/** All that was ever counted; tokens of the day that a moment is in, and of the one before. */
export async function countsUntil(db: Kysely<VerifierSchema>, unixMs: number): Promise<Counts> {
  const since = dayOf(unixMs - 86_400_000);
  const { rows } = await sql<Record<keyof Counts, bigint>>`
    SELECT coalesce(sum(jobs_seen), 0)::bigint AS "jobsSeen", coalesce(sum(jobs_drawn), 0)::bigint AS "jobsDrawn",
           coalesce(sum(same), 0)::bigint AS same, coalesce(sum(different), 0)::bigint AS different,
           coalesce(sum(undetermined), 0)::bigint AS undetermined,
           coalesce(sum(job_tokens) FILTER (WHERE day >= ${since}::date), 0)::bigint AS "jobTokens",
           coalesce(sum(check_tokens) FILTER (WHERE day >= ${since}::date), 0)::bigint AS "checkTokens"
      FROM day_counts`.execute(db);
  const [row] = rows;
  return {
    jobsSeen: Number(row?.jobsSeen ?? 0),
    jobsDrawn: Number(row?.jobsDrawn ?? 0),
    same: Number(row?.same ?? 0),
    different: Number(row?.different ?? 0),
    undetermined: Number(row?.undetermined ?? 0),
    jobTokens: Number(row?.jobTokens ?? 0),
    checkTokens: Number(row?.checkTokens ?? 0),
  };
}
