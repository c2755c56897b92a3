import { NoJobReason, ROUTER, type WorkerStanding } from "@flock/proto/router";
import type { OffenceRecord } from "@flock/proto/workers";
import { HardwareClass, hardwareClassName, Offence, WorkerState } from "@flock/proto/workers";
import type { RequestContext } from "../request-context.js";
import { type ToldStanding, toldStanding } from "../workers/told-standing.js";
import { accountOf, tracing } from "./caller.js";
import type { MoneyGateway } from "./money-gateway.js";

const WORKERS_MAX = 1_000;
/** As the router tells of at once. */
const WORKERS_PER_CALL = 50;

export type OwnWorkerState = "ready" | "paused" | "draining" | "away";

export interface OwnWorker {
  readonly workerId: string;
  /** `away`: it is not heard, or shut out. */
  readonly state: OwnWorkerState;
  /** Undefined: not lately. */
  readonly lastSeenUnixMs: number | undefined;
  readonly models: readonly {
    readonly name: string;
    readonly loaded: boolean;
    readonly isAdmitted: boolean;
  }[];
  readonly slots: number;
  readonly active: number;
  /** The class that it says; `other`: not known. */
  readonly hardware: string;
  /** `closed`, `open`, `half-open`; undefined: it is away. */
  readonly breaker: string | undefined;
  /** Undefined: it is not cut off. */
  readonly cutOffUntilUnixMs: number | undefined;
  /** Why it is banned; undefined: it is not. */
  readonly ban: { readonly reason: string } | undefined;
  readonly offences: readonly {
    readonly offence: string;
    readonly count: number;
    readonly lastUnixMs: number;
  }[];
  readonly standing: ToldStanding;
  /** When the last of its delegations lapses; undefined: it works without one. */
  readonly delegationEndUnixMs: number | undefined;
  /** Of the last hour, in the order in which reasons hold. */
  readonly noJob: readonly { readonly reason: NoJobReason; readonly seconds: number }[];
}

export interface AccountWorkers {
  readonly account: string;
  /** By id; the account's own first. */
  readonly workers: readonly OwnWorker[];
  /** There are more. */
  readonly isCut: boolean;
}

/** The workers that bear the account's name, or whose wallets have it paid for their work: nobody else's. */
export async function accountWorkers(
  gateway: MoneyGateway,
  context: RequestContext,
): Promise<AccountWorkers> {
  const account = accountOf(context);
  const { delegations, clock } = gateway;
  const found = await delegations.ofAccount(account, new Date(clock.unixMs()), WORKERS_MAX + 1);
  const ends = new Map(found.slice(0, WORKERS_MAX).map(({ wallet, endsAt }) => [wallet, endsAt.getTime()]));
  const others = [...ends.keys()].filter((wallet) => wallet !== account);
  const standings = await standingsOf(gateway, context, [account, ...others]);
  const workers = standings.map((standing) => ownWorker(gateway, standing, ends.get(standing.workerId)));
  // Most accounts are no workers, and nothing is known of one by their name.
  return { account, workers: workers.filter(isKnown), isCut: found.length > WORKERS_MAX };
}

async function standingsOf(
  { services }: MoneyGateway,
  context: RequestContext,
  ids: readonly string[],
): Promise<WorkerStanding[]> {
  const calls: Promise<{ readonly workers: WorkerStanding[] }>[] = [];
  for (let start = 0; start < ids.length; start += WORKERS_PER_CALL) {
    const workerIds = ids.slice(start, start + WORKERS_PER_CALL);
    calls.push(services.ask(ROUTER.workers, { workerIds }, tracing(context)));
  }
  return (await Promise.all(calls)).flatMap(({ workers }) => workers);
}

function ownWorker(
  { bans, standings, clock }: MoneyGateway,
  { workerId, live, lastHeardUnixMs, offences, noJob }: WorkerStanding,
  delegationEndUnixMs: number | undefined,
): OwnWorker {
  const ban = bans.find(workerId);
  return {
    workerId,
    state: STATES.get(live?.state ?? WorkerState.LEFT) ?? "away",
    lastSeenUnixMs: lastHeardUnixMs || undefined,
    models: live?.models ?? [],
    slots: live?.slots ?? 0,
    active: live?.active ?? 0,
    hardware: hardwareClassName(live?.hardware ?? HardwareClass.UNSPECIFIED),
    breaker: live?.breaker,
    cutOffUntilUnixMs: cutOffOf(offences, clock.unixMs()),
    ban: ban && { reason: ban.reason },
    offences: (offences?.counts ?? []).map(({ offence, count, lastUnixMs }) => ({
      offence: (Offence[offence] ?? "unknown").toLowerCase(),
      count,
      lastUnixMs,
    })),
    standing: toldStanding(standings.find(workerId)),
    delegationEndUnixMs,
    noJob: REASONS.flatMap((reason) => noJob.filter((each) => each.reason === reason)),
  };
}

const STATES: ReadonlyMap<WorkerState, OwnWorkerState> = new Map([
  [WorkerState.READY, "ready"],
  [WorkerState.PAUSED, "paused"],
  [WorkerState.DRAINING, "draining"],
]);

/** Those that this build knows, in the order in which they hold. */
const REASONS: readonly NoJobReason[] = [
  NoJobReason.BANNED,
  NoJobReason.CONVICTED,
  NoJobReason.CUT_OFF,
  NoJobReason.QUARANTINED,
  NoJobReason.DRAINING,
  NoJobReason.PAUSED,
  NoJobReason.NOT_ADMITTED,
  NoJobReason.BREAKER_OPEN,
  NoJobReason.NO_DEMAND,
  NoJobReason.UNTRIED,
  NoJobReason.OTHERS_FIRST,
];

/** Their names, as clients are told them. */
export const NO_JOB_REASONS: ReadonlyMap<NoJobReason, string> = new Map(
  REASONS.map((reason) => [reason, (NoJobReason[reason] ?? "").toLowerCase()]),
);

function cutOffOf(record: OffenceRecord | undefined, nowUnixMs: number): number | undefined {
  const until = record?.cutOffUntilUnixMs ?? 0;
  return until > nowUnixMs ? until : undefined;
}

function isKnown(worker: OwnWorker): boolean {
  const { delegationEndUnixMs, lastSeenUnixMs, ban, offences, standing } = worker;
  const isHeardOf = delegationEndUnixMs !== undefined || lastSeenUnixMs !== undefined;
  return isHeardOf || ban !== undefined || offences.length > 0 || standing.sinceUnixMs !== undefined;
}
