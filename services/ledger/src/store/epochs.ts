import { databaseError } from "@flock/database";
import { encodeParameters, type Parameters, parseParameters } from "@flock/parameters";
import type pg from "pg";
import { unixMs } from "./unix-ms.js";

export type EpochState = "open" | "ended" | "closing" | "closed" | "anchored";

/** An epoch as recorded; see migrations/0001-first-version/epochs.ts. */
export interface EpochRecord {
  readonly number: bigint;
  readonly state: EpochState;
  /** Unix milliseconds, by the database's clock. */
  readonly startsMs: number;
  readonly endsMs: number;
  readonly closesMs: number;
  readonly parameters: Parameters;
  /** From `closing` on: what `pool:rewards` held then, in µLLAMA. */
  readonly rewardsPool: bigint | undefined;
  /** From `closed` on: 32 bytes. */
  readonly root: Buffer | undefined;
  readonly lines: bigint | undefined;
  /** From `anchored` on. */
  readonly anchorSignature: string | undefined;
}

interface EpochRow {
  readonly number: bigint;
  readonly state: EpochState;
  readonly starts_ms: bigint;
  readonly ends_ms: bigint;
  readonly closes_ms: bigint;
  readonly parameters: string;
  readonly rewards_pool_micro: bigint | null;
  readonly statement_root: Buffer | null;
  readonly statement_lines: bigint | null;
  readonly anchor_signature: string | null;
}

const COLUMNS = `number, state, ${unixMs("starts_at")} AS starts_ms, ${unixMs("ends_at")} AS ends_ms,
  ${unixMs("closes_at")} AS closes_ms, parameters, rewards_pool_micro, statement_root, statement_lines, anchor_signature`;

/**
 * Ends the open epoch if its time is over, and opens the next one under `parameters`; opens the first one. Returns
 * whether it did. Waits for the commits under way. Any number of processes may try at once.
 */
export async function turnEpoch(pool: pg.Pool, parameters: Parameters): Promise<boolean> {
  const { epochSeconds, challengeSeconds } = parameters.values;
  const { rows } = await pool.query<{ turned: boolean }>("SELECT turn_epoch($1, $2, $3) AS turned", [
    encodeParameters(parameters),
    epochSeconds,
    challengeSeconds,
  ]);
  return rows[0]?.turned === true;
}

/**
 * Begins to close the oldest epoch whose challenge window is over, and returns it; an epoch that someone began to close
 * before is returned again. Undefined if there is none. From then on nothing about it changes: no job of it can be
 * clawed back any more.
 */
export async function beginClosing(pool: pg.Pool): Promise<EpochRecord | undefined> {
  // The epoch lock, taken alone: a clawback under way is committed before, or finds the epoch closing.
  const { rows } = await pool.query<EpochRow>(`
    WITH due AS (
      SELECT number FROM epochs
       WHERE state IN ('ended', 'closing') AND closes_at <= now() ORDER BY number LIMIT 1)
    SELECT ${COLUMNS} FROM epochs JOIN due USING (number)`);
  const [due] = rows;
  if (due === undefined) return undefined;
  if (due.state === "closing") return epochFrom(due);
  const begun = await pool.query<EpochRow>(`SELECT ${COLUMNS} FROM begin_closing($1)`, [due.number]);
  return begun.rows[0] === undefined ? undefined : epochFrom(begun.rows[0]);
}

/** Fixes the statement's root; idempotent. */
export async function setClosed(pool: pg.Pool, epoch: bigint, root: string, lines: number): Promise<void> {
  await pool.query(
    `UPDATE epochs SET state = 'closed', statement_root = decode($2, 'hex'), statement_lines = $3
      WHERE number = $1 AND state = 'closing'`,
    [epoch, root, lines],
  );
}

/** The oldest epoch that was closed and not announced as an event yet. */
export async function oldestUnannounced(pool: pg.Pool): Promise<EpochRecord | undefined> {
  const { rows } = await pool.query<EpochRow>(
    `SELECT ${COLUMNS} FROM epochs WHERE state >= 'closed' AND NOT is_announced ORDER BY number LIMIT 1`,
  );
  return rows[0] === undefined ? undefined : epochFrom(rows[0]);
}

export async function setAnnounced(pool: pg.Pool, epoch: bigint): Promise<void> {
  await pool.query("UPDATE epochs SET is_announced = true WHERE number = $1", [epoch]);
}

/** The epoch, or undefined if there is none of that number. */
export async function readEpoch(pool: pg.Pool, epoch: bigint): Promise<EpochRecord | undefined> {
  const { rows } = await pool.query<EpochRow>(`SELECT ${COLUMNS} FROM epochs WHERE number = $1`, [epoch]);
  return rows[0] === undefined ? undefined : epochFrom(rows[0]);
}

/** Up to `limit` epochs with numbers below `before` (all if undefined), newest first. */
export async function readEpochs(
  pool: pg.Pool,
  limit: number,
  before?: bigint,
  state?: EpochState,
): Promise<EpochRecord[]> {
  const { rows } = await pool
    .query<EpochRow>(
      `SELECT ${COLUMNS} FROM epochs
        WHERE number < $1 AND ($2::epoch_state IS NULL OR state = $2) ORDER BY number DESC LIMIT $3`,
      [before ?? 9_223_372_036_854_775_807n, state ?? null, limit],
    )
    .catch((thrown: unknown) => {
      throw databaseError(thrown);
    });
  return rows.map(epochFrom);
}

/** Whether the open epoch's time is over, by the database's clock; false if none is open. */
export async function isEpochOver(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query<{ is_over: boolean }>(
    "SELECT ends_at <= clock_timestamp() AS is_over FROM epochs WHERE state = 'open'",
  );
  return rows[0]?.is_over === true;
}

/** Records that the root is on the chain. Returns false if the epoch was not `closed` (any more). */
export async function setAnchored(pool: pg.Pool, epoch: bigint, signature: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    "UPDATE epochs SET state = 'anchored', anchor_signature = $2 WHERE number = $1 AND state = 'closed'",
    [epoch, signature],
  );
  return rowCount === 1;
}

function epochFrom(row: EpochRow): EpochRecord {
  return {
    number: row.number,
    state: row.state,
    startsMs: Number(row.starts_ms),
    endsMs: Number(row.ends_ms),
    closesMs: Number(row.closes_ms),
    parameters: parseParameters(row.parameters),
    rewardsPool: row.rewards_pool_micro ?? undefined,
    root: row.statement_root ?? undefined,
    lines: row.statement_lines ?? undefined,
    anchorSignature: row.anchor_signature ?? undefined,
  };
}
