import {
  emissionOf,
  epochRules,
  type FinishedStatement,
  StatementBuilder,
  stakingRewardOf,
} from "@flock/epochs";
import { type MicroLlama, microLlama } from "@flock/money";
import type pg from "pg";
import type { Distribute } from "./domain/distribution.js";
import { accountsOf, jobsOf, stakersOf, stakeWeightOf, workersOf } from "./store/epoch-lines.js";
import type { EpochRecord } from "./store/epochs.js";
import { inSnapshot } from "./store/snapshot.js";
import { StatementWriter } from "./store/statement-portions.js";

/** What follows from a closing epoch's facts. */
export interface EpochPayments {
  readonly statement: FinishedStatement;
  /** Every payment of the epoch. */
  readonly payments: readonly Distribute[];
}

/**
 * Writes the statement of a closing epoch and works out what it pays (the rules are those of @flock/epochs). The same
 * facts give the same statement, so it may be done again after a crash. In one snapshot: a statement that does not add
 * up throws `invalid_argument`, and nothing of it is kept.
 */
export async function drawUpStatement(pool: pg.Pool, epoch: EpochRecord): Promise<EpochPayments> {
  return await inSnapshot(pool, "read write", (client) => writeStatement(client, epoch));
}

async function writeStatement(client: pg.PoolClient, epoch: EpochRecord): Promise<EpochPayments> {
  const { number } = epoch;
  const builder = new StatementBuilder();
  const writer = new StatementWriter(client, number);
  const payments: Distribute[] = [];
  const pay = (distribution: Distribute["distribution"], receiver: string, amount: MicroLlama) => {
    if (amount > 0n) payments.push({ kind: "distribute", distribution, epoch: number, receiver, amount });
  };
  await writer.write(
    builder.header({
      epoch: Number(number),
      startMs: epoch.startsMs,
      endMs: epoch.endsMs,
      parametersVersion: epoch.parameters.version,
      rules: epochRules(epoch.parameters),
      rewardsPool: microLlama(epoch.rewardsPool ?? 0n),
      stakeWeight: await stakeWeightOf(client, number),
    }),
  );
  for await (const job of jobsOf(client, number)) await writer.write(builder.job(job));
  for await (const worker of workersOf(client, number)) {
    await writer.write(builder.worker(worker));
    pay("vest", worker.worker, worker.vest);
    pay("emission", worker.worker, emissionOf(builder.division, worker.protocolShare));
  }
  for await (const staker of stakersOf(client, number)) {
    await writer.write(builder.staker(staker));
    pay("staking_reward", staker.staker, stakingRewardOf(builder.division, staker.weight));
  }
  for await (const account of accountsOf(client, number)) await writer.write(builder.account(account));
  const statement = builder.end();
  await writer.write(statement.text);
  await writer.end();
  pay("fee_share", "liquidity", statement.total.toLiquidity);
  pay("fee_share", "dev", statement.total.toDev);
  pay("fee_share", "slashed", statement.total.toSlashed);
  return { statement, payments };
}
