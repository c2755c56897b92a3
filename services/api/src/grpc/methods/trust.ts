import {
  type CalibrationCell,
  type GetTrustResponse,
  TrustDefinition,
  type Verdict,
} from "@flock/proto/public";
import type { CalibrationCell as MeasuredCell, SummaryReply } from "@flock/proto/verifier";
import { z } from "zod";
import { tracing } from "../../money/caller.js";
import { uuid } from "../../money/money-fields.js";
import type { MoneyGateway } from "../../money/money-gateway.js";
import type { PublicVerdict } from "../../trust/trust-facts.js";
import { STANDINGS, VERDICT_KINDS, VERDICT_STATES, wordOf } from "../../trust/trust-words.js";
import { type GrpcMethod, unary } from "../grpc-method.js";
import { timestampOf } from "../proto-time.js";
import { page, read } from "./request-fields.js";

const OPEN = { access: { open: "read" } } as const;
const verdictsRequest = z.object(page);
const verdictRequest = z.object({ id: uuid });
const evidenceRequest = z.object({ verdictId: uuid });

/** The service `Trust`. */
export function trustMethods({ trust }: MoneyGateway): readonly GrpcMethod[] {
  const { getTrust, listVerdicts, getVerdict, getEvidence } = TrustDefinition.methods;
  return [
    unary(TrustDefinition, getTrust, OPEN, async () => trustMessage(await trust.summary())),
    unary(TrustDefinition, listVerdicts, OPEN, async (request, { context }) => {
      const { cursor, pageSize: limit } = read(request, verdictsRequest);
      const found = await trust.verdicts({ cursor, limit }, tracing(context));
      return { verdicts: found.verdicts.map(verdictMessage), nextCursor: found.nextCursor };
    }),
    unary(TrustDefinition, getVerdict, OPEN, async (request, { context }) => {
      const { id } = read(request, verdictRequest);
      return { verdict: verdictMessage(await trust.verdict(id, tracing(context))) };
    }),
    unary(TrustDefinition, getEvidence, OPEN, async (request, { context }) => {
      const { verdictId } = read(request, evidenceRequest);
      return { evidence: await trust.evidence(verdictId, tracing(context)) };
    }),
  ];
}

function trustMessage(found: SummaryReply): GetTrustResponse {
  return {
    jobsSeen: BigInt(found.jobsSeen),
    jobsDrawn: BigInt(found.jobsDrawn),
    jobsChecked: BigInt(found.jobsChecked),
    same: BigInt(found.same),
    different: BigInt(found.different),
    undetermined: BigInt(found.undetermined),
    floorBps: found.floorBps,
    workers: found.states.map(({ state, workers }) => ({ state: wordOf(STANDINGS, state), workers })),
    calibration: found.cells.map(cellMessage),
    checkTokens: BigInt(found.checkTokens),
    jobTokens: BigInt(found.jobTokens),
    drawDays: found.drawDays,
  };
}

function cellMessage({ measuredUnixMs, frozenUntilUnixMs, ...cell }: MeasuredCell): CalibrationCell {
  return { ...cell, measuredAt: timestampOf(measuredUnixMs), frozenUntil: timestampOf(frozenUntilUnixMs) };
}

function verdictMessage(found: PublicVerdict): Verdict {
  return {
    id: found.verdictId,
    kind: wordOf(VERDICT_KINDS, found.kind),
    state: wordOf(VERDICT_STATES, found.state),
    worker: found.worker,
    workerId: found.workerId ?? "",
    model: found.model,
    reachedAt: timestampOf(found.reachedUnixMs),
    appealUntil: timestampOf(found.appealUntilUnixMs),
    jobs: found.jobs,
    logEvidenceMilli: BigInt(found.logEvidenceMilli),
    bundleSha256: found.bundleSha256,
    clawedBackMicro: found.clawedBackMicro,
    slashedMicro: found.slashedMicro,
    compensatedMicro: found.compensatedMicro,
    ruling: found.ruling,
  };
}
