import type { RouteHandlerMethod } from "fastify";
import { flag, integer, list, oneOf, orNull, string, told } from "../../http/openapi/json-schema.js";
import { answering, type Operation } from "../../http/openapi/operation.js";
import { accountWorkers, NO_JOB_REASONS, type OwnWorker } from "../../money/account-workers.js";
import type { MoneyGateway } from "../../money/money-gateway.js";
import { TOLD_STATES } from "../../workers/told-standing.js";
import { moment } from "./described.js";
import { isoOf, taggedJsonRoute } from "./json-route.js";

/** GET /flock/v1/workers: how the account's own workers fare. */
export function ownWorkers(gateway: MoneyGateway): RouteHandlerMethod {
  return taggedJsonRoute(async ({ requestContext }) => {
    const { account, workers, isCut } = await accountWorkers(gateway, requestContext);
    return { account, workers: workers.map(workerView), is_cut: isCut };
  });
}

function workerView(worker: OwnWorker) {
  return {
    worker_id: worker.workerId,
    state: worker.state,
    last_seen_at: isoOf(worker.lastSeenUnixMs ?? 0),
    models: worker.models.map(({ name, loaded, isAdmitted }) => ({ name, loaded, is_admitted: isAdmitted })),
    slots: worker.slots,
    active: worker.active,
    hardware: worker.hardware,
    breaker: worker.breaker ?? null,
    cut_off_until: isoOf(worker.cutOffUntilUnixMs ?? 0),
    banned: worker.ban !== undefined,
    ban_reason: worker.ban?.reason ?? null,
    offences: worker.offences.map(({ offence, count, lastUnixMs }) => ({
      offence,
      count,
      last_at: isoOf(lastUnixMs),
    })),
    standing: {
      state: worker.standing.state,
      since: isoOf(worker.standing.sinceUnixMs ?? 0),
      reason: worker.standing.reason,
      checked_jobs: worker.standing.checkedJobs,
    },
    delegation_expires_at: isoOf(worker.delegationEndUnixMs ?? 0),
    no_job: worker.noJob.map(({ reason, seconds }) => ({ reason: NO_JOB_REASONS.get(reason), seconds })),
  };
}

const WORKER = told({
  worker_id: string("By what the network knows it."),
  state: oneOf(["ready", "paused", "draining", "away"], "`away`: it is not heard, or shut out."),
  last_seen_at: orNull(moment("When it was heard last; null: not lately.")),
  models: list(
    told({
      name: string("Of the model."),
      loaded: flag("It is in memory."),
      is_admitted: flag("It is the catalogue's, with the same digest: the worker may have jobs of it."),
    }),
    "What it has announced; at most 50.",
  ),
  slots: integer("Jobs that it runs at once.", { minimum: 0 }),
  active: integer("Jobs that it runs now.", { minimum: 0 }),
  hardware: string("Class of its hardware; `other`: not known."),
  breaker: orNull(string("`closed`, `open` (it has failed, and gets nothing for a while) or `half-open`.")),
  cut_off_until: orNull(moment("For what it was caught at.")),
  banned: flag("By the network's operator."),
  ban_reason: orNull(string("Why it is banned.")),
  offences: list(
    told({
      offence: string("What it was caught at: `flood`, `forged_receipt`, …"),
      count: integer("How often.", { minimum: 0 }),
      last_at: orNull(moment("For the last time.")),
    }),
    "Forgotten a month after the last time.",
  ),
  standing: told({
    state: oneOf([...TOLD_STATES], "What follows for it from the checks of its answers."),
    since: orNull(moment("When it came to be so; null: nothing was checked yet.")),
    reason: string("One sentence; empty: none."),
    checked_jobs: integer("Jobs of it that were checked, ever.", { minimum: 0 }),
  }),
  delegation_expires_at: orNull(moment("When the last of its delegations lapses; null: it has none.")),
  no_job: list(
    told({
      reason: oneOf([...NO_JOB_REASONS.values()], "Why a free slot of it got no job."),
      seconds: integer("Of the last hour.", { minimum: 0 }),
    }),
    "In the order in which reasons hold.",
  ),
});

export const OWN_WORKERS: Operation = {
  id: "flockOwnWorkers",
  summary: "How the account's own workers fare, and why they got no jobs",
  description: "Those that bear the account's name, and those whose wallets have it paid for their work.",
  isCached: true,
  answers: answering(
    told({
      account: string("Whose they are."),
      workers: list(WORKER, "By id; the account's own first."),
      is_cut: flag("There are more than 1 000."),
    }),
    "The workers.",
  ),
};
