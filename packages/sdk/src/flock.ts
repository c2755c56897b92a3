import { Transport, type TransportOptions } from "./client/transport.js";
import type { Frame } from "./live/frame.js";
import { type LiveOptions, liveFeed } from "./live/live-feed.js";
import { type AccountResource, accountResource } from "./resources/account.js";
import { type CollectsResource, collectsResource } from "./resources/collects.js";
import { type DepositsResource, depositsResource } from "./resources/deposits.js";
import { type EarningsResource, earningsResource } from "./resources/earnings.js";
import { type EpochsResource, epochsResource } from "./resources/epochs.js";
import { type JobsResource, jobsResource } from "./resources/jobs.js";
import { type KeysResource, keysResource } from "./resources/keys.js";
import { type ModelsResource, modelsResource } from "./resources/models.js";
import { type NetworkResource, networkResource } from "./resources/network.js";
import { type ReservesResource, reservesResource } from "./resources/reserves.js";
import { type SignInResource, signInResource } from "./resources/sign-in.js";
import { type StakesResource, stakesResource } from "./resources/stakes.js";
import { type StatementResource, statementResource } from "./resources/statement.js";
import { type StatusResource, statusResource } from "./resources/status.js";
import { type TextsResource, textsResource } from "./resources/texts.js";
import { type TrustResource, trustResource } from "./resources/trust.js";
import { type UsageResource, usageResource } from "./resources/usage.js";
import { type WithdrawalsResource, withdrawalsResource } from "./resources/withdrawals.js";
import { type WorkersResource, workersResource } from "./resources/workers.js";

/** How a network is reached, and as whom. */
export type FlockOptions = TransportOptions;

/** A network, for whoever has the token: what Ollama's and OpenAI's clients do not cover. */
export interface Flock {
  readonly models: ModelsResource;
  readonly network: NetworkResource;
  readonly status: StatusResource;
  readonly usage: UsageResource;
  readonly keys: KeysResource;
  readonly account: AccountResource;
  readonly statement: StatementResource;
  readonly deposits: DepositsResource;
  readonly withdrawals: WithdrawalsResource;
  readonly stakes: StakesResource;
  readonly collects: CollectsResource;
  readonly earnings: EarningsResource;
  readonly workers: WorkersResource;
  readonly jobs: JobsResource;
  readonly epochs: EpochsResource;
  readonly reserves: ReservesResource;
  readonly trust: TrustResource;
  readonly signIn: SignInResource;
  readonly texts: TextsResource;
  /** The network, second by second. */
  live(options?: LiveOptions): AsyncIterable<Frame>;
  /** The same network, as somebody else; without a token: as anybody. */
  withToken(token: FlockOptions["token"]): Flock;
}

/** Makes a client. It opens no connection and keeps nothing: every call is a request of its own. */
export function createFlock(options: FlockOptions): Flock {
  const transport = new Transport(options);
  const network = networkResource(transport);
  return {
    models: modelsResource(transport),
    network,
    status: statusResource(transport),
    usage: usageResource(transport),
    keys: keysResource(transport),
    account: accountResource(transport),
    statement: statementResource(transport),
    deposits: depositsResource(transport),
    withdrawals: withdrawalsResource(transport),
    stakes: stakesResource(transport),
    collects: collectsResource(transport),
    earnings: earningsResource(transport),
    workers: workersResource(transport),
    jobs: jobsResource(transport),
    epochs: epochsResource(transport),
    reserves: reservesResource(transport),
    trust: trustResource(transport),
    signIn: signInResource(transport),
    texts: textsResource(network),
    live: (live) => liveFeed(transport, live),
    withToken: (token) => createFlock({ ...options, token }),
  };
}
