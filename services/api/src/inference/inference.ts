import { randomInt } from "node:crypto";
import { FlockError } from "@flock/errors";
import type { JobHandle, JobResult, JobSink, JobSpec, Payer } from "@flock/jobs";
import type { CatalogueView, Clock, ModelAvailability } from "@flock/mesh";
import { canonicalModelName } from "@flock/proto";
import type { CatalogueEntry } from "@flock/proto/catalogue";
import { LRUCache } from "lru-cache";
import { inferenceKeyOf, mayUseModel } from "../keys/permissions.js";
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

  /** The models that can be used now, by whoever asks. */
  available({ identity }: RequestContext): readonly ModelAvailability[] {
    return this.#options.catalogue.available().filter(({ entry }) => mayUseModel(identity, entry.name));
  }

  /**
   * The model that a client names. One that its key may not use is not said to be unknown: every other key lists it,
   * and whoever has the key is to know why it does not work.
   * @throws FlockError `invalid_argument` for what is no name, `not_found` if nobody ever offered the model,
   *   `permission_denied` if the key may not use it, `unavailable` as long as the catalogue has not been read.
   */
  model({ identity }: RequestContext, name: string): CatalogueEntry {
    const entry = this.#find(name);
    if (mayUseModel(identity, entry.name)) return entry;
    throw new FlockError("permission_denied", `this API key may not use model '${name}'`);
  }

  #find(name: string): CatalogueEntry {
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
   *   the account has reached the limits of its tier, `permission_denied` if its key may not use models.
   */
  submit(context: RequestContext, request: InferenceRequest, sink: JobSink): JobHandle {
    const { admission, clock } = this.#options;
    const { accountId, keyId } = inferenceKeyOf(context.identity, clock.unixMs());
    const entry = this.model(context, request.model);
    requireCapable(entry, request);
    const { spec, bounds } = planJob(request, entry, {
      jobId: context.requestId,
      accountId,
      keyId,
      tier: admission.levelOf(accountId),
      traceparent: context.traceparent,
      deadlineUnixMs: clock.unixMs() + this.#options.jobTimeoutMs,
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
      timeoutMs: this.#options.jobTimeoutMs + this.#options.holdGraceMs,
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
