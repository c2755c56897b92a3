import type { RouteHandlerMethod } from "fastify";
import { z } from "zod";
import { integer, oneOf, orNull, string, told } from "../../http/openapi/json-schema.js";
import { answering, type Operation } from "../../http/openapi/operation.js";
import { accountJob, accountJobs, type CheckedJob, withCheck, withChecks } from "../../money/account-jobs.js";
import { page, uuid } from "../../money/money-fields.js";
import type { MoneyGateway } from "../../money/money-gateway.js";
import { PRIVACY, RESUMES, TIMING, WORKERS } from "../../stories/described-story.js";
import { JOB_STATES, resumesOf } from "../../stories/job-record.js";
import { timingMember } from "../../stories/story-member.js";
import { CHECKS } from "../../trust/trust-words.js";
import { amount, moment, pageOf, parametersOf, schemaOf } from "./described.js";
import { isoOf, jsonRoute, nextOf, pathOf, queryOf } from "./json-route.js";

const jobsQuery = z.object(page);
const jobPath = z.object({ id: uuid });

/** GET /flock/v1/jobs: the account's jobs of the last day. */
export function jobs(gateway: MoneyGateway): RouteHandlerMethod {
  return jsonRoute(async (request) => {
    const found = await accountJobs(gateway, request.requestContext, queryOf(request, jobsQuery));
    const jobs = await withChecks(gateway, request.requestContext, found.jobs);
    return { jobs: jobs.map(jobView), next_cursor: nextOf(found.nextCursor) };
  });
}

/** GET /flock/v1/jobs/:id: one of them. */
export function job(gateway: MoneyGateway): RouteHandlerMethod {
  return jsonRoute(async (request) => {
    const { id } = pathOf(request, jobPath);
    const found = await accountJob(gateway, request.requestContext, id);
    return { job: jobView(await withCheck(gateway, request.requestContext, found)) };
  });
}

function jobView({ job: found, check }: CheckedJob) {
  return {
    id: found.id,
    state: found.state,
    model: found.model,
    key_id: found.keyId,
    trace_id: found.traceId,
    created_at: isoOf(found.createdUnixMs),
    finished_at: isoOf(found.finishedUnixMs ?? 0),
    workers: found.workers,
    resumes: resumesOf(found),
    privacy: found.privacy ?? null,
    timing_ms: timingMember(found.timings),
    prompt_tokens: found.promptTokens,
    completion_tokens: found.completionTokens,
    completion_tokens_bound: found.completionTokensBound,
    charge_micro: found.chargeMicro,
    done_reason: found.doneReason === "" ? null : found.doneReason,
    error_code: found.errorCode ?? null,
    check: check ?? null,
  };
}

const DESCRIBED = told({
  id: string("Of the job.", { format: "uuid" }),
  state: oneOf(JOB_STATES, "Where it stands."),
  model: string("That ran it, by its name in the catalogue."),
  key_id: string("Of the key that the request came with.", { format: "uuid" }),
  trace_id: string("W3C trace id."),
  created_at: moment("When the request came."),
  finished_at: orNull(moment("When nothing about it changed any more.")),
  workers: WORKERS,
  resumes: RESUMES,
  privacy: PRIVACY,
  timing_ms: TIMING,
  prompt_tokens: integer("Tokens of the prompt.", { minimum: 0 }),
  completion_tokens: integer("Tokens of the answer.", { minimum: 0 }),
  completion_tokens_bound: oneOf(["exact", "lower", "upper"], "What that count is."),
  charge_micro: amount("What it cost."),
  done_reason: orNull(string("Why the answer ended.")),
  error_code: orNull(string("Why there is none, or only a part.")),
  check: orNull(oneOf(CHECKS, "How it was checked; null: it runs, or no verifier answers.")),
});

export const JOBS: Operation = {
  id: "flockJobs",
  summary: "The account's jobs of the last day",
  query: schemaOf(jobsQuery),
  answers: answering(pageOf("jobs", DESCRIBED), "A page of them."),
};

export const JOB: Operation = {
  id: "flockJob",
  summary: "One of them",
  path: parametersOf(jobPath),
  answers: answering(told({ job: DESCRIBED }), "The job."),
  errors: ["not_found"],
};
