import { integer, list, named, number, orNull, string, told } from "../http/openapi/json-schema.js";

/* The story of a job, as `/openapi.json` describes it. A test compares it with real answers. */

const stage = (description: string) => number(`Milliseconds ${description}`, { minimum: 0 });

export const TIMING = named(
  "Timing",
  told({
    queue: stage("in the router's queue."),
    claim: stage("until a worker had claimed the job."),
    prefill: stage("until a worker began to answer."),
    decode: stage("with a worker that answered."),
    total: stage("from the request to the end of its answer."),
  }),
);

export const WORKERS = list(
  string("An alias, the same for a worker in all answers of the account."),
  "The workers that had it, in order.",
);
export const PRIVACY = orNull(string("How the prompt went to the worker: `plaintext`, `sealed-to-worker`."));
export const RESUMES = integer("How many times another worker went on with the answer.", { minimum: 0 });

/** `flock` at the end of a stream. */
export const STORY = named(
  "Story",
  told({
    job_id: string("Of the job.", { format: "uuid" }),
    trace_id: string("W3C trace id."),
    workers: WORKERS,
    privacy: PRIVACY,
    resumes: RESUMES,
    charge_micro: orNull(string("What it cost, in µLLAMA.", { pattern: "^[0-9]+$" })),
    timing_ms: TIMING,
  }),
);
