import { FlockError } from "@flock/errors";
import {
  type BundleJob,
  type Cell,
  cellKeyOf,
  cutCandidates,
  drawCuts,
  isInForce,
  jobEvidence,
  type Sampling,
  samplingOf,
} from "@flock/evidence";
import { isSaidBy, openReceipt } from "@flock/jobs";
import { type CatalogueView, call, type Mesh } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { Operation } from "@flock/proto/jobs";
import { API } from "@flock/proto/keys";
import type { JobMaterialReply } from "@flock/proto/verifier";
import { hardwareClassName } from "@flock/proto/workers";
import { type VouchedAnswer, vouchedAnswer } from "../domain/material.js";
import { jsonOf, modelParameters } from "../domain/referee-request.js";
import { findCell } from "../store/cells.js";
import { type OpenCheck, readingsOf, storeReading } from "../store/checks.js";
import type { Decision } from "../store/decisions.js";
import { workersById } from "../store/workers.js";
import type { Verifier } from "../verifier.js";
import { Panel, type PanelResult, type Place } from "./panel.js";
import type { RefereeRuns } from "./referee-runs.js";
import { Referees } from "./referees.js";

const MATERIAL_TIMEOUT_MS = 5_000;
const NOTHING_KNOWN = { positions: 0, misses: 0, logEMillinats: undefined } as const;

export interface ExaminationTools {
  readonly catalogue: CatalogueView;
  readonly materialOf: (check: OpenCheck) => Promise<JobMaterialReply>;
  readonly runs: RefereeRuns;
  readonly protocolIds: ReadonlySet<string>;
}

/** Asks the api that had the job. It keeps what was asked and answered in memory, for a short time. */
export function materialAtApi(mesh: Mesh): ExaminationTools["materialOf"] {
  return ({ jobId, requesterId }) => {
    const request = { version: PROTOCOL_VERSION, jobId };
    return call(mesh, API.jobMaterial, request, { timeoutMs: MATERIAL_TIMEOUT_MS, instance: requesterId });
  };
}

/**
 * Checks a job, from its material to what can be said of it.
 * @throws what is no matter of the job: the api, the database or the mesh is away. Then it may be tried again.
 */
export async function examine(
  check: OpenCheck,
  verifier: Verifier,
  tools: ExaminationTools,
  stop: AbortSignal,
): Promise<Decision> {
  const material = await materialOrNothing(check, tools);
  if (material === undefined) return undetermined(check, "no_material");
  const signed = { receipt: check.receipt, signature: check.signature, signer: check.signer };
  const receipt = openReceipt(signed);
  if (receipt === undefined) return undetermined(check, "no_receipt");
  if (material.operation === Operation.EMBED) return undetermined(check, "embedding");
  const answer = vouchedAnswer(material, receipt, check.leases);
  if (answer === undefined) return undetermined(check, "other_output");
  const entry = tools.catalogue.find(check.model);
  if (entry === undefined || entry.digest !== check.modelDigest) return undetermined(check, "other_model");
  const parameters = modelParameters(entry.showJson);
  const sampling = samplingOf(jsonOf(material.requestJson), parameters);
  if (sampling === undefined) return undetermined(check, "sampling");
  const places = placesOf(
    check,
    { material, answer, sampling },
    receipt.outputSha256,
    verifier.rules().positions,
  );
  if (places.length === 0) return undetermined(check, "too_short");
  const referees = await Referees.of(check, verifier, tools.catalogue, tools.protocolIds);
  const privacyMin = isSaidBy(receipt.privacy, "plaintext") ? "plaintext" : "sealed-to-worker";
  const { kysely } = verifier.db;
  const panel = new Panel(
    { check, material, answer, sampling, entry, places, privacyMin },
    {
      runs: tools.runs,
      referees,
      protocolIds: tools.protocolIds,
      known: await readingsOf(kysely, check.jobId),
      keep: (reading) => storeReading(kysely, check.jobId, reading),
      stop,
      onRun: (outcome) => verifier.metrics.run(outcome),
    },
  );
  const [worker] = await workersById(kysely, [check.workerId]);
  const result = await panel.read(worker?.standing === "quarantined");
  if (result.readings.length === 0) return undetermined(check, "no_referee");
  const cell = await cellOf(check, verifier, tools.catalogue);
  return decisionOf(check, sampling, result, cell);
}

async function materialOrNothing(
  check: OpenCheck,
  { materialOf }: ExaminationTools,
): Promise<JobMaterialReply | undefined> {
  try {
    return await materialOf(check);
  } catch (error) {
    if (error instanceof FlockError && error.code === "not_found") return undefined;
    throw error;
  }
}

interface Answered {
  readonly material: JobMaterialReply;
  readonly answer: VouchedAnswer;
  readonly sampling: Sampling;
}

/** Drawn after the worker has signed the answer, so that it could not know them. */
function placesOf(
  check: OpenCheck,
  { material, answer, sampling }: Answered,
  outputSha256: Uint8Array,
  count: number,
): Place[] {
  const { jobId, dayKey } = check;
  const candidates = cutCandidates(material.pieces).filter((offset) => offset > answer.from);
  const cuts = drawCuts(dayKey, { jobId, outputSha256 }, candidates, count);
  const endsByItself = material.doneReason === "stop" && sampling.endsByItself && !check.isCancelled;
  const end =
    endsByItself && answer.text !== "" ? [{ kind: "end" as const, offset: answer.text.length }] : [];
  return [...cuts.map((offset) => ({ kind: "token" as const, offset })), ...end];
}

/** What was measured of honest workers of its kind. A worker that has left is of none. */
async function cellOf(
  { workerId, modelDigest }: OpenCheck,
  { db, clock }: Verifier,
  catalogue: Pick<CatalogueView, "liveWorkers">,
): Promise<Cell | undefined> {
  const worker = catalogue.liveWorkers().find((live) => live.workerId === workerId);
  if (worker === undefined) return undefined;
  const hardware = hardwareClassName(worker.hardware);
  const cell = await findCell(db.kysely, cellKeyOf({ modelDigest, engine: worker.engine, hardware }));
  return cell !== undefined && isInForce(cell, clock.unixMs()) ? cell : undefined;
}

function decisionOf(
  check: OpenCheck,
  sampling: Sampling,
  { readings, referees, isUnconfirmed, counted }: PanelResult,
  known: Cell | undefined,
): Decision {
  const cell = isUnconfirmed ? undefined : known;
  const evidence = jobEvidence(readings, sampling, cell);
  const job: BundleJob = {
    jobId: check.jobId,
    model: check.model,
    receipt: Buffer.from(check.receipt).toString("base64"),
    signature: Buffer.from(check.signature).toString("base64"),
    signer: check.signer,
    day: check.day,
    sampling: { ...sampling },
    ...(cell === undefined ? {} : { cell }),
    readings: readings.map((reading) => ({ ...reading, choices: [...reading.choices] })),
    referees: referees.map((referee) => ({ ...referee })),
    verdict: evidence.verdict,
    ...(evidence.logEMillinats === undefined ? {} : { logEMillinats: evidence.logEMillinats }),
  };
  const reason = isUnconfirmed ? "unconfirmed" : cell === undefined ? "not_calibrated" : "";
  return { ...about(check), evidence, reason, job, referees, counted };
}

function undetermined(check: OpenCheck, reason: string): Decision {
  const evidence = { verdict: "undetermined", ...NOTHING_KNOWN } as const;
  return { ...about(check), evidence, reason, job: undefined, referees: [], counted: new Map() };
}

/** The decision on a check that could not be made in time. */
export function lapsed(check: OpenCheck): Decision {
  return undetermined(check, "lapsed");
}

function about({ jobId, workerId, model }: OpenCheck): Pick<Decision, "jobId" | "workerId" | "model"> {
  return { jobId, workerId, model };
}
