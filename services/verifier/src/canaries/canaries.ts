import { randomInt } from "node:crypto";
import { FlockError } from "@flock/errors";
import { type DeliveredChunk, type JobResult, openReceipt, type Requester } from "@flock/jobs";
import { type CatalogueView, type Clock, type Part, repeating } from "@flock/mesh";
import { continueTrace } from "@flock/observability";
import { PROTOCOL_VERSION } from "@flock/proto";
import type { CatalogueEntry } from "@flock/proto/catalogue";
import { Checking } from "@flock/proto/events";
import { Operation, type SignedReceipt } from "@flock/proto/jobs";
import type { JobMaterialReply } from "@flock/proto/verifier";
import { WorkerState } from "@flock/proto/workers";
import type { ChecksAccount } from "../checks/checks-account.js";
import { storeCanary, workersInNeed } from "../store/canaries.js";
import type { OpenCheck } from "../store/checks.js";
import { CHECKS_ACCOUNT, type Verifier } from "../verifier.js";
import { canaryOptions, canaryPrompt } from "./prompts.js";

const RUN_MS_MAX = 120_000;
const QUEUE_MS_MAX = 30_000;
/** Answers that wait to be checked. */
const KEPT_MAX = 256;

export interface CanariesOptions {
  readonly requester: Pick<Requester, "submit">;
  readonly account: ChecksAccount;
  readonly catalogue: CatalogueView;
  readonly clock: Pick<Clock, "unixMs" | "nowMs">;
  /** 0: there are none. */
  readonly intervalMs: number;
}

/** A worker that needs evidence, and what it is asked. */
interface Asked {
  readonly workerId: string;
  readonly isQuarantined: boolean;
  readonly entry: CatalogueEntry;
}

/**
 * Jobs of the verifier's own, for workers that need evidence and get no jobs of clients: those in quarantine, and new
 * ones with little to do. What was asked and answered is kept here until it is checked, and forgotten with the process.
 */
export class Canaries {
  readonly #verifier: Verifier;
  readonly #options: CanariesOptions;
  /** Stands in checks for the api that has the material. */
  readonly #name: string;
  readonly #kept = new Map<string, JobMaterialReply>();

  constructor(verifier: Verifier, options: CanariesOptions) {
    this.#verifier = verifier;
    this.#options = options;
    this.#name = `canary-${verifier.newId()}`;
  }

  part(): Part {
    const { intervalMs } = this.#options;
    const options = { name: "canaries", logger: this.#verifier.logger, intervalMs: intervalMs || RUN_MS_MAX };
    return repeating({ ...options, firstAfterMs: options.intervalMs }, async (stop) => {
      if (intervalMs > 0) await this.#round(stop);
      return false;
    });
  }

  /** The material of a job of these; undefined: it is none of them. */
  materialOf({ jobId, requesterId }: OpenCheck): JobMaterialReply | undefined {
    if (!requesterId.startsWith("canary-")) return undefined;
    const material = this.#kept.get(jobId);
    if (material === undefined) throw new FlockError("not_found", "the answer is forgotten");
    return material;
  }

  async #round(stop: AbortSignal): Promise<void> {
    const { account, clock } = this.#options;
    if (account.isEmpty(clock.nowMs())) return;
    const asked = await this.#oneInNeed();
    if (asked !== undefined) await this.#ask(asked, stop);
  }

  async #oneInNeed(): Promise<Asked | undefined> {
    const { catalogue } = this.#options;
    const live = catalogue
      .liveWorkers()
      .filter(({ state, isBridged }) => state === WorkerState.READY && !isBridged);
    const ids = live.map(({ workerId }) => workerId);
    const inNeed = await workersInNeed(this.#verifier.db.kysely, ids, this.#verifier.rules().ladder);
    const possible = inNeed.flatMap(({ workerId, isQuarantined }) =>
      (live.find((worker) => worker.workerId === workerId)?.models ?? []).flatMap(({ name }) => {
        const entry = catalogue.find(name);
        return entry?.capabilities.includes("completion") === true
          ? [{ workerId, isQuarantined, entry }]
          : [];
      }),
    );
    return possible.length === 0 ? undefined : possible[randomInt(possible.length)];
  }

  async #ask({ workerId, isQuarantined, entry }: Asked, stop: AbortSignal): Promise<void> {
    const { requester, account, clock } = this.#options;
    const jobId = this.#verifier.newId();
    const prompt = canaryPrompt();
    const options = canaryOptions();
    const requestJson = new TextEncoder().encode(JSON.stringify({ model: entry.name, prompt, options }));
    const tokensMax = options["num_predict"] ?? 1;
    const chunks: DeliveredChunk[] = [];
    const result = await new Promise<JobResult>((resolve) => {
      const handle = requester.submit(
        {
          ...{ jobId, accountId: CHECKS_ACCOUNT, tier: 0, operation: Operation.GENERATE },
          ...{ model: entry.name, modelDigest: entry.digest, requestJson, promptBytes: prompt.length },
          promptPriceMicro: entry.promptPriceMicro,
          completionPriceMicro: entry.completionPriceMicro,
          completionTokensMax: tokensMax,
          deadlineUnixMs: clock.unixMs() + RUN_MS_MAX,
          ...{ resume: "continue", coalesce: false, traceparent: continueTrace(), queueMaxMs: QUEUE_MS_MAX },
          // Only one in quarantine is told by its ticket that it is meant: it has no client's job to take this one for.
          ...(isQuarantined ? { onlyWorkerId: workerId } : { preferredWorkerId: workerId }),
          acceptsWorker: (id) => id === workerId,
          checking: Checking.NEVER,
          payer: account.payerOf({
            jobId,
            entry,
            promptBytes: prompt.length,
            tokensMax,
            timeoutMs: RUN_MS_MAX,
          }),
        },
        { onChunk: (chunk) => void chunks.push(chunk), onEnd: () => {}, onClosed: resolve },
      );
      stop.addEventListener("abort", () => handle.cancel(), { once: true });
    });
    if (result.outcome !== "completed" || result.receipt === undefined) return;
    this.#keep(jobId, materialOf(requestJson, chunks, result));
    await this.#store(result.receipt, entry);
  }

  async #store(signed: SignedReceipt, entry: CatalogueEntry): Promise<void> {
    const receipt = openReceipt(signed);
    if (receipt === undefined) return;
    await storeCanary(this.#verifier.db.kysely, {
      ...{ receipt, signed, requesterId: this.#name, modelDigest: entry.digest },
      nowUnixMs: this.#options.clock.unixMs(),
    });
  }

  #keep(jobId: string, material: JobMaterialReply): void {
    this.#kept.set(jobId, material);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT_MAX && oldest !== undefined) this.#kept.delete(oldest);
  }
}

function materialOf(
  requestJson: Uint8Array,
  chunks: readonly DeliveredChunk[],
  { doneReason, promptTokens }: JobResult,
): JobMaterialReply {
  return {
    ...{ version: PROTOCOL_VERSION, operation: Operation.GENERATE, requestJson, doneReason, promptTokens },
    pieces: chunks.map(({ text, thinking, tokens, logprobsJson }) => ({
      text,
      thinking,
      tokens,
      logprobsJson,
    })),
    embeddingsJson: new Uint8Array(),
  };
}
