/*
 * What a statement says about a closing epoch, read in the order of its lines. Nothing of it changes any more.
 */
import type { AccountLine, JobLine, StakerLine, WorkerLine } from "@flock/epochs";
import { microLlama } from "@flock/money";
import type pg from "pg";

const ROWS_PER_FETCH = 2_000;

/**
 * Rows of a query of any length, in constant memory; the client must be in a transaction, and do nothing else
 * meanwhile.
 */
async function* rowsOf<Row extends pg.QueryResultRow>(
  client: pg.PoolClient,
  query: string,
  epoch: bigint,
): AsyncGenerator<Row> {
  await client.query(`DECLARE epoch_lines NO SCROLL CURSOR FOR ${query}`, [epoch]);
  for (;;) {
    const { rows } = await client.query<Row>(`FETCH ${ROWS_PER_FETCH} FROM epoch_lines`);
    yield* rows;
    if (rows.length < ROWS_PER_FETCH) break;
  }
  await client.query("CLOSE epoch_lines");
}

interface JobRow {
  readonly job: string;
  readonly account: string;
  readonly worker: string;
  readonly model: string;
  readonly digest: string;
  readonly prompt_tokens: bigint;
  readonly completion_tokens: bigint;
  readonly prompt_price: bigint;
  readonly completion_price: bigint;
  readonly held: bigint;
  readonly worker_share_bps: number;
  readonly charge: bigint;
  readonly worker_share: bigint;
  readonly protocol_share: bigint;
  readonly is_clawed_back: boolean;
  readonly receipt: string | null;
}

const JOBS = `
  SELECT s.job_id AS job, w.owner AS account, e.owner AS worker, s.model, s.model_digest AS digest,
         s.prompt_tokens, s.completion_tokens, s.prompt_price_micro AS prompt_price,
         s.completion_price_micro AS completion_price, s.held_micro AS held, s.worker_share_bps,
         s.charge_micro AS charge, s.worker_share_micro AS worker_share, s.protocol_share_micro AS protocol_share,
         c.id IS NOT NULL AS is_clawed_back, encode(s.receipt_hash, 'hex') AS receipt
    FROM settlements s
    JOIN accounts w ON w.id = s.wallet_id
    JOIN accounts e ON e.id = s.earnings_id
    LEFT JOIN transfers c ON c.id = ('clawback:' || s.job_id) COLLATE "C"
   WHERE s.epoch = $1 ORDER BY s.job_id`;

/** Every job that was settled in the epoch, by id. */
export async function* jobsOf(client: pg.PoolClient, epoch: bigint): AsyncGenerator<Omit<JobLine, "kind">> {
  for await (const row of rowsOf<JobRow>(client, JOBS, epoch)) {
    yield {
      job: row.job,
      account: row.account,
      worker: row.worker,
      model: row.model,
      digest: row.digest,
      promptTokens: row.prompt_tokens,
      completionTokens: row.completion_tokens,
      promptPrice: microLlama(row.prompt_price),
      completionPrice: microLlama(row.completion_price),
      held: microLlama(row.held),
      workerShareBps: row.worker_share_bps,
      charge: microLlama(row.charge),
      workerShare: microLlama(row.worker_share),
      protocolShare: microLlama(row.protocol_share),
      isClawedBack: row.is_clawed_back,
      receipt: row.receipt ?? undefined,
    };
  }
}

interface WorkerRow {
  readonly worker: string;
  readonly jobs: bigint;
  readonly jobs_clawed_back: bigint;
  readonly protocol_share: bigint;
  readonly vest: bigint;
}

const WORKERS = `
  SELECT e.owner AS worker, count(*) FILTER (WHERE c.id IS NULL) AS jobs, count(c.id) AS jobs_clawed_back,
         coalesce(sum(s.protocol_share_micro) FILTER (WHERE c.id IS NULL), 0)::bigint AS protocol_share,
         coalesce(sum(s.worker_share_micro) FILTER (WHERE c.id IS NULL), 0)::bigint AS vest
    FROM settlements s
    JOIN accounts e ON e.id = s.earnings_id
    LEFT JOIN transfers c ON c.id = ('clawback:' || s.job_id) COLLATE "C"
   WHERE s.epoch = $1 GROUP BY e.owner ORDER BY e.owner`;

/** Every worker of those jobs, by id. */
export async function* workersOf(
  client: pg.PoolClient,
  epoch: bigint,
): AsyncGenerator<Omit<WorkerLine, "kind" | "emission">> {
  for await (const row of rowsOf<WorkerRow>(client, WORKERS, epoch)) {
    yield {
      worker: row.worker,
      jobs: row.jobs,
      jobsClawedBack: row.jobs_clawed_back,
      protocolShare: microLlama(row.protocol_share),
      vest: microLlama(row.vest),
    };
  }
}

/**
 * The smallest stake of each owner during the epoch: of the stakes that changed in it the noted one, else the last
 * before.
 */
const STAKERS = `
  SELECT a.owner AS staker, CASE WHEN l.epoch = $1 THEN l.low ELSE l.latest END AS weight
    FROM accounts a
   CROSS JOIN LATERAL (
     SELECT * FROM stake_lows l WHERE l.account_id = a.id AND l.epoch <= $1 ORDER BY l.epoch DESC LIMIT 1) l
   WHERE a.kind = 'stake' AND CASE WHEN l.epoch = $1 THEN l.low ELSE l.latest END > 0
   ORDER BY a.owner`;

/** Every owner with a weight, by id. */
export async function* stakersOf(
  client: pg.PoolClient,
  epoch: bigint,
): AsyncGenerator<Omit<StakerLine, "kind" | "reward">> {
  for await (const row of rowsOf<{ staker: string; weight: bigint }>(client, STAKERS, epoch))
    yield { staker: row.staker, weight: microLlama(row.weight) };
}

/** The sum of all weights. */
export async function stakeWeightOf(client: pg.PoolClient, epoch: bigint): Promise<bigint> {
  const { rows } = await client.query<{ weight: bigint }>(
    `SELECT coalesce(sum(weight), 0)::numeric(38, 0) AS weight FROM (${STAKERS}) s`,
    [epoch],
  );
  return rows[0]?.weight ?? 0n;
}

const ACCOUNTS = `
  SELECT w.owner AS account, count(*) AS jobs, sum(s.charge_micro)::numeric(38, 0) AS charge
    FROM settlements s JOIN accounts w ON w.id = s.wallet_id
   WHERE s.epoch = $1 GROUP BY w.owner ORDER BY w.owner`;

/** Every client of those jobs, by id. */
export async function* accountsOf(
  client: pg.PoolClient,
  epoch: bigint,
): AsyncGenerator<Omit<AccountLine, "kind">> {
  yield* rowsOf<Omit<AccountLine, "kind">>(client, ACCOUNTS, epoch);
}
