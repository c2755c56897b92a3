import type pg from "pg";

export interface StatementPortion {
  /** Without their newlines. */
  readonly lines: string[];
  readonly isLast: boolean;
}

/** Keeps a portion of an epoch's statement; the same again does nothing. */
export async function writeStatementPortion(
  pool: pg.Pool,
  epoch: bigint,
  portion: number,
  lines: string,
): Promise<void> {
  await pool.query(
    "INSERT INTO statement_portions (epoch, portion, lines) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
    [epoch, portion, lines],
  );
}

/** A portion (from 0), or undefined if there is none of that number. */
export async function readStatementPortion(
  pool: pg.Pool,
  epoch: bigint,
  portion: number,
): Promise<StatementPortion | undefined> {
  const { rows } = await pool.query<{ lines: string; is_last: boolean }>(
    `SELECT lines, NOT EXISTS (SELECT FROM statement_portions n WHERE n.epoch = $1 AND n.portion = $2 + 1) AS is_last
       FROM statement_portions WHERE epoch = $1 AND portion = $2`,
    [epoch, portion],
  );
  const [row] = rows;
  return row === undefined ? undefined : { lines: row.lines.split("\n"), isLast: row.is_last };
}
