import { z } from "zod";
import type { Answer, Call } from "../command.js";
import { apiClientOf } from "../money/api-client.js";
import { timeOf } from "../output/format.js";
import { listed, type PageOptions, pageQuery } from "../output/page.js";
import { facts, table } from "../output/sheet.js";

const trust = z.looseObject({
  jobs: z.looseObject({
    seen: z.number(),
    drawn: z.number(),
    checked: z.number(),
    same: z.number(),
    different: z.number(),
    undetermined: z.number(),
  }),
  floor_bps: z.number(),
  workers: z.array(z.looseObject({ state: z.string(), workers: z.number() })),
  calibration: z.array(
    z.looseObject({
      model_digest: z.string(),
      engine: z.string(),
      hardware: z.string(),
      positions: z.number(),
      mismatches: z.number(),
      mismatch_ppm: z.number(),
      frozen_until: z.string().nullable(),
    }),
  ),
  last_day: z.looseObject({ check_tokens: z.number(), job_tokens: z.number() }),
});
type Trust = z.output<typeof trust>;

const verdict = z.looseObject({
  id: z.string(),
  kind: z.string(),
  state: z.string(),
  worker: z.string(),
  worker_id: z.string().nullable(),
  model: z.string(),
  reached_at: z.string().nullable(),
  jobs: z.number(),
});
const verdicts = z.looseObject({ verdicts: z.array(verdict), next_cursor: z.string().nullable() });

/** `flock trust` */
export async function showTrust(call: Call): Promise<Answer> {
  const found = await (await apiClientOf(call)).get("/trust", trust);
  const { jobs, calibration } = found;
  const rows = [
    ["jobs that ended", String(jobs.seen)],
    ["drawn, and checked", `${jobs.drawn}, ${jobs.checked}`],
    ["same, different, undetermined", `${jobs.same}, ${jobs.different}, ${jobs.undetermined}`],
    ["drawn of proven workers' jobs", percent(found.floor_bps / 10_000)],
    ["tokens that checks took, last day", shareOf(found.last_day)],
    ...found.workers.map(({ state, workers }) => [`${state} workers`, String(workers)]),
  ];
  const cells = table(
    ["model digest", "engine", "hardware", "positions", "misses", "bound", "frozen until (UTC)"],
    calibration.map(cellRow),
    [3, 4, 5],
  );
  return calibration.length === 0
    ? { json: found, text: facts(rows), note: "nothing is calibrated: checks decide nothing yet\n" }
    : { json: found, text: [facts(rows), "\n", cells] };
}

function cellRow(cell: Trust["calibration"][number]): string[] {
  return [
    cell.model_digest.slice(0, 12),
    cell.engine,
    cell.hardware,
    String(cell.positions),
    String(cell.mismatches),
    percent(cell.mismatch_ppm / 1_000_000),
    cell.frozen_until === null ? "" : timeOf(cell.frozen_until),
  ];
}

function shareOf({ check_tokens: checks, job_tokens: jobs }: Trust["last_day"]): string {
  return jobs === 0 ? `${checks} of none` : `${checks} of ${jobs}, ${percent(checks / jobs)}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

/** `flock trust verdicts` */
export async function listVerdicts(call: Call<PageOptions>): Promise<Answer> {
  const query = pageQuery(call.options);
  const found = await (await apiClientOf(call)).get(`/trust/verdicts?${query}`, verdicts);
  return listed({
    json: found,
    head: ["reached (UTC)", "verdict", "kind", "state", "jobs", "worker", "model"],
    rows: found.verdicts.map((each) => [
      timeOf(each.reached_at),
      each.id,
      each.kind,
      each.state,
      String(each.jobs),
      each.worker_id ?? each.worker,
      each.model,
    ]),
    right: [4],
    none: "no verdict yet",
    nextCursor: found.next_cursor,
  });
}
