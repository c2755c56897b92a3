import { AccountDefinition, NoJobReason, OwnWorkerState, WorkerStandingState } from "@flock/proto/public";
import { NoJobReason as RouterReason } from "@flock/proto/router";
import { accountWorkers, type OwnWorker, type OwnWorkerState as State } from "../../money/account-workers.js";
import type { MoneyGateway } from "../../money/money-gateway.js";
import type { ToldState } from "../../workers/told-standing.js";
import { type GrpcMethod, unary } from "../grpc-method.js";
import { timestampOf } from "../proto-time.js";

const STATES: Readonly<Record<State, OwnWorkerState>> = {
  ready: OwnWorkerState.READY,
  paused: OwnWorkerState.PAUSED,
  draining: OwnWorkerState.DRAINING,
  away: OwnWorkerState.AWAY,
};

const STANDINGS: Readonly<Record<ToldState, WorkerStandingState>> = {
  probation: WorkerStandingState.PROBATION,
  proven: WorkerStandingState.PROVEN,
  watched: WorkerStandingState.WATCHED,
  quarantined: WorkerStandingState.QUARANTINED,
  convicted: WorkerStandingState.CONVICTED,
  unknown: WorkerStandingState.UNSPECIFIED,
};

const REASONS: ReadonlyMap<RouterReason, NoJobReason> = new Map([
  [RouterReason.NO_DEMAND, NoJobReason.NO_DEMAND],
  [RouterReason.OTHERS_FIRST, NoJobReason.OTHERS_FIRST],
  [RouterReason.BREAKER_OPEN, NoJobReason.BREAKER_OPEN],
  [RouterReason.CUT_OFF, NoJobReason.CUT_OFF],
  [RouterReason.BANNED, NoJobReason.BANNED],
  [RouterReason.UNTRIED, NoJobReason.UNTRIED],
  [RouterReason.PAUSED, NoJobReason.PAUSED],
  [RouterReason.DRAINING, NoJobReason.DRAINING],
  [RouterReason.NOT_ADMITTED, NoJobReason.NOT_ADMITTED],
  [RouterReason.QUARANTINED, NoJobReason.QUARANTINED],
  [RouterReason.CONVICTED, NoJobReason.CONVICTED],
]);

/** The call of `Account` that tells how its workers fare. */
export function ownWorkersMethod(gateway: MoneyGateway): GrpcMethod {
  const { listWorkers } = AccountDefinition.methods;
  const either = { access: { takes: "either" } } as const;
  return unary(AccountDefinition, listWorkers, either, async (_request, { context }) => {
    const { account, workers, isCut } = await accountWorkers(gateway, context);
    return { account, workers: workers.map(messageOf), isCut };
  });
}

function messageOf(worker: OwnWorker) {
  return {
    workerId: worker.workerId,
    state: STATES[worker.state],
    lastSeenAt: timestampOf(worker.lastSeenUnixMs ?? 0),
    models: [...worker.models],
    slots: worker.slots,
    active: worker.active,
    hardware: worker.hardware,
    breaker: worker.breaker ?? "",
    cutOffUntil: timestampOf(worker.cutOffUntilUnixMs ?? 0),
    isBanned: worker.ban !== undefined,
    banReason: worker.ban?.reason ?? "",
    offences: worker.offences.map(({ lastUnixMs, ...offence }) => ({
      ...offence,
      lastAt: timestampOf(lastUnixMs),
    })),
    standing: {
      state: STANDINGS[worker.standing.state],
      since: timestampOf(worker.standing.sinceUnixMs ?? 0),
      reason: worker.standing.reason,
      checkedJobs: worker.standing.checkedJobs,
    },
    delegationExpiresAt: timestampOf(worker.delegationEndUnixMs ?? 0),
    noJob: worker.noJob.map(({ reason, seconds }) => ({
      reason: REASONS.get(reason) ?? NoJobReason.UNSPECIFIED,
      seconds,
    })),
  };
}
