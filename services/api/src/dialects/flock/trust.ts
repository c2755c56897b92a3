import type { CalibrationCell, SummaryReply } from "@flock/proto/verifier";
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from "fastify";
import { z } from "zod";
import {
  anyObject,
  integer,
  list,
  named,
  number,
  oneOf,
  orNull,
  string,
  told,
} from "../../http/openapi/json-schema.js";
import { answering, JSON_MEDIA, type Operation } from "../../http/openapi/operation.js";
import { tracing } from "../../money/caller.js";
import { page, uuid } from "../../money/money-fields.js";
import type { MoneyGateway } from "../../money/money-gateway.js";
import type { PublicVerdict } from "../../trust/trust-facts.js";
import { STANDINGS, VERDICT_KINDS, VERDICT_STATES, wordOf } from "../../trust/trust-words.js";
import { amount, moment, pageOf, parametersOf, schemaOf } from "./described.js";
import { isoOf, jsonRoute, jsonText, nextOf, pathOf, queryOf, sendTagged } from "./json-route.js";

/** What is told is as old as the api keeps it. */
const CACHING = "public, max-age=5";
const verdictsQuery = z.object(page);
const verdictPath = z.object({ id: uuid });

/** GET /flock/v1/trust: what is known of checked work as a whole. */
export function trust({ trust: facts }: MoneyGateway): RouteHandlerMethod {
  return async (request: FastifyRequest, reply: FastifyReply) =>
    sendTagged(request, reply, jsonText(summaryView(await facts.summary())), CACHING);
}

/** GET /flock/v1/trust/verdicts: newest first. */
export function verdicts({ trust: facts }: MoneyGateway): RouteHandlerMethod {
  return jsonRoute(async (request) => {
    const found = await facts.verdicts(queryOf(request, verdictsQuery), tracing(request.requestContext));
    return { verdicts: found.verdicts.map(verdictView), next_cursor: nextOf(found.nextCursor) };
  });
}

/** GET /flock/v1/trust/verdicts/:id */
export function verdict({ trust: facts }: MoneyGateway): RouteHandlerMethod {
  return jsonRoute(async (request) => {
    const { id } = pathOf(request, verdictPath);
    return { verdict: verdictView(await facts.verdict(id, tracing(request.requestContext))) };
  });
}

/** GET /flock/v1/trust/verdicts/:id/evidence: a file from which anybody computes the verdict again. */
export function evidence({ trust: facts }: MoneyGateway): RouteHandlerMethod {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const { id } = pathOf(request, verdictPath);
    const text = await facts.evidence(id, tracing(request.requestContext));
    reply.header("content-disposition", `attachment; filename="verdict-${id}.json"`);
    return sendTagged(request, reply, text, CACHING);
  };
}

function summaryView(found: SummaryReply) {
  return {
    jobs: {
      seen: found.jobsSeen,
      drawn: found.jobsDrawn,
      checked: found.jobsChecked,
      same: found.same,
      different: found.different,
      undetermined: found.undetermined,
    },
    floor_bps: found.floorBps,
    workers: found.states.map(({ state, workers }) => ({ state: wordOf(STANDINGS, state), workers })),
    calibration: found.cells.map(cellView),
    last_day: { check_tokens: found.checkTokens, job_tokens: found.jobTokens },
    draw_days: found.drawDays.map(({ day, keySha256, key }) => ({
      day,
      key_sha256: Buffer.from(keySha256).toString("hex"),
      key: key.length === 0 ? null : Buffer.from(key).toString("hex"),
    })),
  };
}

function cellView(cell: CalibrationCell) {
  return {
    model_digest: cell.modelDigest,
    engine: cell.engine,
    hardware: cell.hardware,
    speculation: cell.speculation,
    positions: cell.positions,
    mismatches: cell.mismatches,
    mismatch_ppm: cell.mismatchPpm,
    surprisal_slack_millinats: cell.surprisalSlackMillinats,
    measured_at: isoOf(cell.measuredUnixMs),
    frozen_until: isoOf(cell.frozenUntilUnixMs),
  };
}

function verdictView(found: PublicVerdict) {
  return {
    id: found.verdictId,
    kind: wordOf(VERDICT_KINDS, found.kind),
    state: wordOf(VERDICT_STATES, found.state),
    worker: found.worker,
    worker_id: found.workerId ?? null,
    model: found.model,
    reached_at: isoOf(found.reachedUnixMs),
    appeal_until: isoOf(found.appealUntilUnixMs),
    jobs: found.jobs,
    log_evidence_milli: found.logEvidenceMilli,
    bundle_sha256: Buffer.from(found.bundleSha256).toString("hex"),
    clawed_back_micro: found.clawedBackMicro,
    slashed_micro: found.slashedMicro,
    compensated_micro: found.compensatedMicro,
    ruling: found.ruling === "" ? null : found.ruling,
  };
}

const some = (description: string) => integer(description, { minimum: 0 });
const hex = (description: string) => string(`${description} In hex.`, { pattern: "^[0-9a-f]*$" });

const CELL = named(
  "CalibrationCell",
  told({
    model_digest: hex("What the model consists of."),
    engine: string("Without its patch version, such as `ollama/0.33`."),
    hardware: string("Class of hardware, in lower case."),
    speculation: string("`none`, or how tokens are drafted."),
    positions: some("That were measured."),
    mismatches: some("Of them, that an honest worker missed."),
    mismatch_ppm: some("Upper 99 % bound of that rate, in millionths."),
    surprisal_slack_millinats: some("Added to the surprisal that is expected."),
    measured_at: orNull(moment("When it was measured.")),
    frozen_until: orNull(moment("Nothing is decided by it until then; null: it is in force.")),
  }),
);

export const TRUST: Operation = {
  id: "flockTrust",
  summary: "What is known of checked work: counts, workers by standing, calibration, days of draws",
  isCached: true,
  answers: answering(
    told({
      jobs: told({
        seen: some("That ended."),
        drawn: some("Of them, to be checked."),
        checked: some("Of them, to an end."),
        same: some("Found to be the model's."),
        different: some("Found not to be."),
        undetermined: some("Of which nothing can be said."),
      }),
      floor_bps: some("Of proven workers' jobs that are drawn, in 1/10 000."),
      workers: list(
        told({
          state: oneOf([...Object.values(STANDINGS), "unknown"], "A standing."),
          workers: some("That have it."),
        }),
        "In the order of standings.",
      ),
      calibration: list(CELL, "What honest workers of one kind show."),
      last_day: told({
        check_tokens: some("Generated for checks."),
        job_tokens: some("Generated for all jobs."),
      }),
      draw_days: list(
        told({
          day: string("UTC.", { format: "date" }),
          key_sha256: hex("Of the key that the day's draws are made with, told when it begins."),
          key: orNull(hex("The key, told when no check of that day can be open any more.")),
        }),
        "The last 30, newest first.",
      ),
    }),
    "At most five seconds old.",
  ),
  errors: ["unavailable"],
};

const VERDICT_VIEW = named(
  "Verdict",
  told({
    id: string("Of the verdict.", { format: "uuid" }),
    kind: oneOf([...Object.values(VERDICT_KINDS), "unknown"], "What was decided."),
    state: oneOf([...Object.values(VERDICT_STATES), "unknown"], "Whether anything of it is still to come."),
    worker: string("Alias of the worker in the verdict log; accounts know it by others."),
    worker_id: orNull(string("The worker's wallet, of a conviction that can be appealed no more.")),
    model: string("By its name in the catalogue."),
    reached_at: orNull(moment("When it was reached.")),
    appeal_until: orNull(moment("Until when it may be appealed; null: there is nothing to appeal.")),
    jobs: some("Checked jobs that it is by."),
    log_evidence_milli: number("Natural logarithm of the evidence against the worker, in thousandths."),
    bundle_sha256: hex("SHA-256 of the whole evidence as the verifier has it, without aliases."),
    clawed_back_micro: amount("Taken back of what it earned."),
    slashed_micro: amount("Taken of its stake."),
    compensated_micro: amount("Given to clients."),
    ruling: orNull(string("What was decided about an appeal.")),
  }),
);

export const VERDICTS: Operation = {
  id: "flockVerdicts",
  summary: "Verdicts on workers",
  description: "At most 200 on a page.",
  query: schemaOf(verdictsQuery),
  answers: answering(pageOf("verdicts", VERDICT_VIEW), "A page of verdicts."),
  errors: ["unavailable"],
};

export const VERDICT: Operation = {
  id: "flockVerdict",
  summary: "One verdict",
  path: parametersOf(verdictPath),
  answers: answering(told({ verdict: VERDICT_VIEW }), "The verdict."),
  errors: ["not_found", "unavailable"],
};

export const EVIDENCE: Operation = {
  id: "flockVerdictEvidence",
  summary: "The evidence of a verdict, from which anybody computes it again",
  description:
    "Numbers alone, no text of a job. Referees are told by alias; so is the worker, unless the verdict names it.",
  path: parametersOf(verdictPath),
  isCached: true,
  answers: {
    [JSON_MEDIA]: {
      description: "A bundle of `packages/evidence`.",
      schema: anyObject("As docs/verification.md describes it."),
    },
  },
  errors: ["not_found", "unavailable"],
};
