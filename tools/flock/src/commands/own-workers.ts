import { z } from "zod";
import type { Answer, Call } from "../command.js";
import { withSession } from "../money/session.js";
import { age, timeOf } from "../output/format.js";
import { listed } from "../output/page.js";
import { harmless } from "../output/sheet.js";

const workers = z.looseObject({
  workers: z.array(
    z.looseObject({
      worker_id: z.string(),
      state: z.string(),
      last_seen_at: z.string().nullable(),
      models: z.array(z.looseObject({ name: z.string(), loaded: z.boolean() })),
      slots: z.number().nullable(),
      active: z.number().nullable(),
      breaker: z.string().nullable(),
      cut_off_until: z.string().nullable(),
      banned: z.unknown(),
      standing: z.looseObject({ state: z.string(), reason: z.string(), checked_jobs: z.number() }).nullish(),
      no_job: z.array(z.looseObject({ reason: z.string(), seconds: z.number() })).nullable(),
    }),
  ),
});

/** What helps against each reason. */
const REMEDIES: Readonly<Record<string, string>> = {
  no_demand: "nobody asks for its models: flock models shows what waits",
  others_first: "others were first: nothing to do",
  breaker_open: "it failed jobs: look at its log",
  cut_off: "it was caught at something: it waits",
  banned: "its wallet is banned: ask the operator",
  convicted: "checks found that it cheats: ask the operator to look at the evidence again",
  quarantined: "checks were against it: keep it running, jobs of the verifier's clear it if it is honest",
  untried: "a new worker begins with one job at a time",
  paused: "flock worker resume",
  draining: "it ends",
  not_admitted: "its models have another version here: ollama pull",
};

/** `flock worker list` */
export function listOwnWorkers(call: Call): Promise<Answer> {
  return withSession(call, async (api) => {
    const found = await api.get("/workers", workers);
    const reasons = found.workers.flatMap(({ no_job }) => no_job ?? []).map(({ reason }) => reason);
    const advice = [...new Set(reasons)].flatMap((reason) => {
      const remedy = REMEDIES[reason];
      return remedy === undefined ? [] : [`${reason}: ${remedy}\n`];
    });
    const standings = found.workers.flatMap(({ worker_id, standing }) =>
      standing?.reason ? [`${worker_id} is ${standing.state}: ${harmless(standing.reason)}\n`] : [],
    );
    const note = [...standings, ...advice].join("");
    return listed({
      json: found,
      head: [
        "worker",
        "state",
        "busy",
        "no job in the last hour",
        "models",
        "last seen",
        "cut off until",
        "breaker",
        "standing",
        "checked",
      ],
      rows: found.workers.map((each) => [
        each.worker_id,
        each.state,
        each.active === null || each.slots === null ? "?" : `${each.active}/${each.slots}`,
        each.no_job?.map(({ reason, seconds }) => `${reason} ${age(seconds * 1_000)}`).join(", ") ?? "?",
        each.models.map(({ name, loaded }) => (loaded ? `${name} (loaded)` : name)).join(", "),
        timeOf(each.last_seen_at),
        timeOf(each.cut_off_until),
        each.breaker ?? "",
        each.standing?.state ?? "",
        each.standing === undefined || each.standing === null ? "" : String(each.standing.checked_jobs),
      ]),
      right: [2],
      none: "no workers of yours",
      ...(note === "" ? {} : { note }),
    });
  });
}
