import { FlockError } from "@flock/errors";
import type { DeliveredChunk, JobResult, JobSink, JobSpec } from "@flock/jobs";
import { delay, method, type Part, type ServedMethod } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { Checking } from "@flock/proto/events";
import { Operation } from "@flock/proto/jobs";
import { API } from "@flock/proto/keys";
import type { MaterialPiece } from "@flock/proto/verifier";
import type { JobSubmitter } from "../inference/inference.js";
import { JOB_MATERIAL_BYTES_MAX, type KeptMaterials } from "./kept-materials.js";

const SWEEP_MS = 500;
/** What the frame of a piece costs, at least. */
const PIECE_BYTES = 8;

/**
 * Keeps what jobs asked and were answered, for the verifier. Not of jobs whose client does not let them be run again,
 * not of answers with tool calls, which nobody can go on behind, and not of what was not completed.
 */
export class JobMaterials implements Part {
  readonly name = "job materials";
  readonly #kept: KeptMaterials;

  constructor(kept: KeptMaterials) {
    this.#kept = kept;
  }

  /** The same requester; what its jobs ask and are given is kept when they end. */
  over(requester: JobSubmitter): JobSubmitter {
    if (!this.#kept.keepsAny) return requester;
    return {
      submit: (spec, sink) => {
        const isKept = spec.checking !== Checking.NEVER && spec.requestJson.length <= JOB_MATERIAL_BYTES_MAX;
        return requester.submit(spec, isKept ? this.#keeping(spec, sink) : sink);
      },
    };
  }

  /** Service call `svc.api.job-material.<instance>`. */
  calls(): readonly ServedMethod[] {
    const jobMaterial = method(API.jobMaterial, ({ jobId }) => {
      const material = this.#kept.of(jobId);
      if (material === undefined) throw new FlockError("not_found", "nothing of that job is kept");
      return material;
    });
    return [jobMaterial];
  }

  async start(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await delay(SWEEP_MS, stop);
      this.#kept.sweep();
    }
    this.#kept.clear();
  }

  #keeping(spec: JobSpec, sink: JobSink): JobSink {
    const pieces = new GatheredMaterial(spec.requestJson.length);
    return {
      onChunk: (chunk) => {
        pieces.add(chunk);
        sink.onChunk(chunk);
      },
      onEnd: (result) => sink.onEnd(result),
      onClosed: (result) => {
        this.#keep(spec, pieces.take(), result);
        sink.onClosed?.(result);
      },
    };
  }

  #keep(spec: JobSpec, pieces: readonly MaterialPiece[] | undefined, result: JobResult): void {
    if (result.outcome !== "completed" || pieces === undefined) return;
    const { jobId, operation, requestJson } = spec;
    const { doneReason, promptTokens, embeddingsJson } = result;
    if (operation === Operation.EMBED && requestJson.length + embeddingsJson.length > JOB_MATERIAL_BYTES_MAX)
      return;
    const given = { pieces: [...pieces], doneReason, promptTokens, embeddingsJson };
    this.#kept.keep(jobId, { version: PROTOCOL_VERSION, operation, requestJson, ...given });
  }
}

/** The pieces of one answer, as long as all of it can be kept. */
class GatheredMaterial {
  #pieces: MaterialPiece[] | undefined = [];
  #bytesLeft: number;

  constructor(requestBytes: number) {
    this.#bytesLeft = JOB_MATERIAL_BYTES_MAX - requestBytes;
  }

  add({ text, thinking, tokens, logprobsJson, toolCallsJson }: DeliveredChunk): void {
    if (this.#pieces === undefined) return;
    this.#bytesLeft -= PIECE_BYTES + text.length + thinking.length + logprobsJson.length;
    if (this.#bytesLeft < 0 || toolCallsJson.length > 0) this.#pieces = undefined;
    else this.#pieces.push({ text, thinking, tokens, logprobsJson });
  }

  /** Undefined: it cannot be kept. */
  take(): readonly MaterialPiece[] | undefined {
    const pieces = this.#pieces;
    this.#pieces = undefined;
    return pieces;
  }
}
