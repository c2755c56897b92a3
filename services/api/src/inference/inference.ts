import { randomInt } from "node:crypto";
import { FlockError } from "@flock/errors";
import type { JobHandle, JobResult, JobSink, JobSpec, Payer } from "@flock/jobs";
import type { CatalogueView, Clock } from "@flock/mesh";
import { canonicalModelName } from "@flock/proto";
import type { CatalogueEntry } from "@flock/proto/catalogue";
import { LRUCache } from "lru-cache";
import type { ApiMetrics } from "../metrics.js";
import type { RequestContext } from "../request-context.js";
import type { Admission } from "../tiers/account-tiers.js";
import { requireCapable } from "./capabilities.js";
import type { Holds } from "./holds.js";
import type { InferenceRequest } from "./inference-request.js";
import { planJob } from "./job-spec.js";

/** What the api needs of the requester (see @flock/mesh). */
export interface JobSubmitter {
  submit(spec: JobSpec, sink: JobSink): JobHandle;
}

/** What the api needs of the catalogue view (see @flock/mesh). */
export type Catalogue = Pick<CatalogueView, "find" | "available" | "notReady">;

export interface InferenceOptions {
  readonly catalogue: Catalogue;
  readonly requester: JobSubmitter;
  readonly holds: Holds;
  readonly admission: Admission;
  readonly metrics: ApiMetrics;
  readonly completionTokensMax: number;
  readonly jobTimeoutMs: number;
  /** A hold outlives its job's deadline by this time, so that it is there when the settlement comes. */
  readonly holdGraceMs: number;
  /** What deadlines are reckoned from. */
  readonly clock: Clock;
}

const SEED_MAX = 2 ** 31;
const DOUBTFUL_MAX = 10_000;

/** Has requests run by the network, for whoever pays: the one way from every front to the requester. */
export class Inference {
  readonly #options: InferenceOptions;
  /**
   * Accounts whose last hold was refused for want of money. Their next job is routed only once its hold is granted, so
   * that an empty wallet cannot make workers begin what nobody pays for.
   */
  readonly #doubtful = new LRUCache<string, true>({ max: DOUBTFUL_MAX });

  constructor(options: InferenceOptions) {
    this.#options = options;
  }

  get catalogue(): Catalogue {
    return this.#options.catalogue;
  }

  /**
   * The model that a client names.
   * @throws FlockError `invalid_argument` for what is no name, `not_found` if nobody ever offered the model,
   *   `unavailable` as long as the catalogue has not been read.
   */
  model(name: string): CatalogueEntry {
    if (name.trim() === "") throw new FlockError("invalid_argument", "model is required");
    if (canonicalModelName(name) === undefined)
      throw new FlockError("invalid_argument", "invalid model name");
    const entry = this.#options.catalogue.find(name);
    if (entry !== undefined) return entry;
    if (this.#options.catalogue.notReady() !== undefined)
      throw new FlockError("unavailable", "server is starting, please try again");
    throw new FlockError("not_found", `model '${name}' not found`);
  }

  /**
   * Submits the request as a job of whoever sent it. The sink hears of everything else, also of a refused hold.
   * @throws FlockError as {@link model} does; `invalid_argument` if the model cannot do it, `resource_exhausted` when
   *   the account has reached the limits of its tier, `deadline_exceeded` if its client waits no longer.
   */
  submit(context: RequestContext, request: InferenceRequest, sink: JobSink): JobHandle {
    const { identity } = context;
    if (identity === undefined) throw new FlockError("unauthenticated", "unauthorized: missing API key");
    const { accountId } = identity;
    const { admission } = this.#options;
    const timeoutMs = this.#timeoutMs(context);
    const entry = this.model(request.model);
    requireCapable(entry, request);
    const { spec, bounds } = planJob(request, entry, {
      jobId: context.requestId,
      accountId,
      tier: admission.levelOf(accountId),
      traceparent: context.traceparent,
      deadlineUnixMs: this.#options.clock.unixMs() + timeoutMs,
      completionTokensMax: this.#options.completionTokensMax,
      randomSeed: randomInt(SEED_MAX),
    });
    context.facts.model = spec.model;
    const order = {
      jobId: spec.jobId,
      accountId,
      traceparent: spec.traceparent,
      prices: spec,
      bounds,
      timeoutMs: timeoutMs + this.#options.holdGraceMs,
    };
    const isFree = spec.promptPriceMicro === 0n && spec.completionPriceMicro === 0n;
    const payer: Payer = isFree
      ? { kind: "nobody" }
      : { kind: "client", hold: () => this.#hold(order), holdFirst: this.#doubtful.has(accountId) };
    const endOfRequest = admission.begin(accountId);
    const recorded: JobSink = {
      onChunk: (chunk) => sink.onChunk(chunk),
      onEnd: (result) => {
        endOfRequest();
        this.#options.metrics.streamEnded();
        note(context, result);
        context.jobEnded();
        sink.onEnd(result);
      },
    };
    context.jobBegan();
    this.#options.metrics.streamBegan();
    return this.#options.requester.submit({ ...spec, payer }, recorded);
  }

  /** A job lasts no longer than its client waits for it. */
  #timeoutMs({ timeLeftMs }: RequestContext): number {
    if (timeLeftMs <= 0) throw new FlockError("deadline_exceeded", "the request has reached its deadline");
    return Math.ceil(Math.min(this.#options.jobTimeoutMs, timeLeftMs));
  }

  async #hold(order: Parameters<Holds["hold"]>[0]): Promise<{ completionTokensMax: number }> {
    try {
      const granted = await this.#options.holds.hold(order);
      this.#doubtful.delete(order.accountId);
      return granted;
    } catch (thrown) {
      const error = FlockError.from(thrown);
      if (error.code === "insufficient_funds") this.#doubtful.set(order.accountId, true);
      throw error;
    }
  }
}

function note({ facts }: RequestContext, result: JobResult): void {
  facts.outcome = result.outcome;
  facts.promptTokens = result.promptTokens;
  facts.completionTokens = result.completionTokens;
  facts.leases = result.leases;
  if (result.error !== undefined) facts.error = result.error.code;
}
