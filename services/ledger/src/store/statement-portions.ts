import type pg from "pg";

export interface StatementPortion {
  /** Without their newlines. */
  readonly lines: string[];
  readonly isLast: boolean;
}

/** Well below what an answer of a service may weigh, were each a character of three bytes. */
const PORTION_CHARACTERS = 120_000;

/**
 * Keeps an epoch's statement in portions, as its lines come. It joins the client's transaction, so that a statement is
 * there as a whole or not at all; one that was kept before is left as it is.
 */
export class StatementWriter {
  readonly #client: pg.PoolClient;
  readonly #epoch: bigint;
  #portion = 0;
  #lines: string[] = [];
  #characters = 0;

  constructor(client: pg.PoolClient, epoch: bigint) {
    this.#client = client;
    this.#epoch = epoch;
  }

  /** @param text of the next line, with its newline. */
  async write(text: string): Promise<void> {
    this.#lines.push(text);
    this.#characters += text.length;
    if (this.#characters >= PORTION_CHARACTERS) await this.end();
  }

  /** Keeps what is left. */
  async end(): Promise<void> {
    if (this.#lines.length === 0) return;
    await this.#client.query(
      "INSERT INTO statement_portions (epoch, portion, lines) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
      [this.#epoch, this.#portion, this.#lines.join("").slice(0, -1)],
    );
    this.#portion += 1;
    this.#lines = [];
    this.#characters = 0;
  }
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
