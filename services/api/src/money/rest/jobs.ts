import type { RouteHandlerMethod } from "fastify";
import { z } from "zod";
import { type JobRecord, resumesOf } from "../../stories/job-record.js";
import { timingMember } from "../../stories/story-member.js";
import { accountJob, accountJobs } from "../account-jobs.js";
import { page, uuid } from "../money-fields.js";
import type { MoneyGateway } from "../money-gateway.js";
import { answering, isoOf, nextOf, pathOf, queryOf } from "./json-route.js";

const jobsQuery = z.object(page);
const jobPath = z.object({ id: uuid });

/** GET /flock/v1/jobs: the account's jobs of the last day. */
export function jobs(gateway: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
    const found = await accountJobs(gateway, request.requestContext, queryOf(request, jobsQuery));
    return { jobs: found.jobs.map(jobView), next_cursor: nextOf(found.nextCursor) };
  });
}

/** GET /flock/v1/jobs/:id: one of them. */
export function job(gateway: MoneyGateway): RouteHandlerMethod {
  return answering(async (request) => {
    const { id } = pathOf(request, jobPath);
    return { job: jobView(await accountJob(gateway, request.requestContext, id)) };
  });
}

function jobView(found: JobRecord) {
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
    receipt: found.receipt === undefined ? null : Buffer.from(found.receipt).toString("base64"),
  };
}
