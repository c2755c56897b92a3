import { z } from "zod";
import type { Answer, Call } from "../command.js";
import { inLlama, micro } from "../money/llama.js";
import { withSession } from "../money/session.js";
import { moment } from "../output/format.js";
import { listed, type PageOptions, pageQuery } from "../output/page.js";
import { facts, type Sheet } from "../output/sheet.js";

const job = z.looseObject({
  id: z.string(),
  state: z.string(),
  model: z.string(),
  key_id: z.string(),
  trace_id: z.string(),
  created_at: z.string(),
  finished_at: z.string().nullable(),
  workers: z.array(z.string()),
  resumes: z.number(),
  privacy: z.string().nullable(),
  timing_ms: z.looseObject({
    queue: z.number(),
    claim: z.number(),
    prefill: z.number(),
    decode: z.number(),
    total: z.number(),
  }),
  prompt_tokens: z.number(),
  completion_tokens: z.number(),
  charge_micro: micro,
  done_reason: z.string().nullable(),
  error_code: z.string().nullable(),
});
type Job = z.output<typeof job>;

const receipt = z.looseObject({
  signed_receipt: z.string(),
  worker_key: z.string(),
  job_id: z.string(),
  lease: z.number(),
  model: z.string(),
  model_digest: z.string(),
  outcome: z.string(),
  prompt_tokens: z.number(),
  completion_tokens: z.number(),
  resumed_tokens: z.number(),
  output_sha256: z.string(),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
  payee: z.string().nullable(),
});

const oneReceipt = z.looseObject({ receipt });
const oneJob = z.looseObject({ job });
const jobs = z.looseObject({ jobs: z.array(job), next_cursor: z.string().nullable() });

const COLUMNS = ["began (UTC)", "job", "model", "state", "prompt", "answer", "LLAMA", "ms", "resumes"];
const NUMBERS = [4, 5, 6, 7, 8];

/** `flock jobs list` */
export function listJobs(call: Call<PageOptions>): Promise<Answer> {
  const query = pageQuery(call.options);
  return withSession(call, async (api) => {
    const found = await api.get(`/jobs?${query}`, jobs);
    return listed({
      json: found,
      head: COLUMNS,
      rows: found.jobs.map(rowOf),
      right: NUMBERS,
      none: "no jobs within the last day",
      nextCursor: found.next_cursor,
    });
  });
}

/** `flock jobs show` */
export function showJob(call: Call): Promise<Answer> {
  return withSession(call, async (api) => {
    const found = await api.get(`/jobs/${encodeURIComponent(call.args[0] ?? "")}`, oneJob);
    return { json: found.job, text: storyOf(found.job) };
  });
}

/** `flock jobs receipt` */
export function showReceipt(call: Call): Promise<Answer> {
  return withSession(call, async (api) => {
    const found = (await api.get(`/jobs/${encodeURIComponent(call.args[0] ?? "")}/receipt`, oneReceipt))
      .receipt;
    return { json: found, text: signedText(found) };
  });
}

function signedText(found: z.output<typeof receipt>): Sheet {
  const { prompt_tokens: prompt, completion_tokens: answer, resumed_tokens: before } = found;
  return facts([
    ["job", found.job_id],
    ["worker", found.worker_key],
    ["paid", found.payee ?? "the worker"],
    ["lease", String(found.lease)],
    ["model", found.model],
    ["digest", found.model_digest],
    ["outcome", found.outcome],
    ["tokens", `${prompt} of the prompt, ${answer} of the answer, behind ${before} of workers before it`],
    ["output", `SHA-256 ${found.output_sha256}`],
    ["began (UTC)", momentOf(found.started_at)],
    ["ended (UTC)", momentOf(found.finished_at)],
    ["receipt", found.signed_receipt],
  ]);
}

function momentOf(iso: string | null): string {
  return iso === null ? "" : moment(Date.parse(iso));
}

function rowOf(found: Job): string[] {
  return [
    moment(Date.parse(found.created_at)),
    found.id,
    found.model,
    stateOf(found),
    String(found.prompt_tokens),
    String(found.completion_tokens),
    inLlama(found.charge_micro),
    found.timing_ms.total.toFixed(0),
    String(found.resumes),
  ];
}

function stateOf({ state, error_code: error }: Job): string {
  return error === null ? state : `${state}: ${error}`;
}

function storyOf(found: Job): Sheet {
  const { queue, claim, prefill, decode, total } = found.timing_ms;
  const stages = { queue, claim, prefill, decode, total };
  const timing = Object.entries(stages).map(([stage, ms]) => `${stage} ${ms.toFixed(1)} ms`);
  return facts([
    ["job", found.id],
    ["state", stateOf(found)],
    ["model", found.model],
    ["key", found.key_id],
    ["trace", found.trace_id],
    ["began (UTC)", moment(Date.parse(found.created_at))],
    ["ended (UTC)", momentOf(found.finished_at)],
    ["time", timing.join(", ")],
    ["tokens", `${found.prompt_tokens} of the prompt, ${found.completion_tokens} of the answer`],
    ["charge", `${inLlama(found.charge_micro)} LLAMA`],
    ["done", found.done_reason ?? ""],
    ["workers", found.workers.join(", ")],
    ["resumes", String(found.resumes)],
    ["privacy", found.privacy ?? ""],
  ]);
}
