import { randomInt } from "node:crypto";
import { FlockError } from "@flock/errors";
import type { HoldGrant, JobHandle, JobResult, JobSink, JobSpec, Payer } from "@flock/jobs";
import type { CatalogueView, Clock, ModelAvailability } from "@flock/mesh";
import { canonicalModelName } from "@flock/proto";
import type { CatalogueEntry } from "@flock/proto/catalogue";
import { LRUCache } from "lru-cache";
import { isLimited, type KeyLimits } from "../keys/key-limits.js";
import { inferenceKeyOf, mayUseModel } from "../keys/permissions.js";
import type { Allowance, Allowances } from "../limits/key-allowances.js";
import type { ApiMetrics } from "../metrics.js";
import type { RequestContext } from "../request-context.js";
import type { JobStories } from "../stories/job-stories.js";
import type { JobStory } from "../stories/job-story.js";
import type { Admission } from "../tiers/account-tiers.js";
import { AllowedJob } from "./allowed-job.js";
import { requireCapable } from "./capabilities.js";
import { affordableTokens, amounts, type TokenBounds } from "./cost.js";
import type { HoldOrder, Holds } from "./holds.js";
import type { InferenceRequest } from "./inference-request.js";
import { type PlannedJob, planJob } from "./job-spec.js";

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
  readonly allowances: Allowances;
  readonly stories: Pick<JobStories, "begin" | "closed">;
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
   *   the account has reached the limits of its tier, `permission_denied` if its key may not use models,
   *   `deadline_exceeded` if its client waits no longer.
   */
  submit(context: RequestContext, request: InferenceRequest, sink: JobSink): JobHandle {
    const { admission, clock } = this.#options;
    const { accountId, keyId, rights } = inferenceKeyOf(context.identity, clock.unixMs());
    const timeoutMs = this.#timeoutMs(context);
    const entry = this.model(context, request.model);
    requireCapable(entry, request);
    const plan = (completionTokensMax: number) =>
      planJob(request, entry, {
        jobId: context.requestId,
        accountId,
        keyId,
        tier: admission.levelOf(accountId),
        traceparent: context.traceparent,
        deadlineUnixMs: clock.unixMs() + timeoutMs,
        completionTokensMax,
        randomSeed: randomInt(SEED_MAX),
      });
    const job = planWithin(rights.limits, plan, this.#options.completionTokensMax);
    context.facts.model = job.spec.model;
    const endOfRequest = admission.begin(accountId);
    const holdTimeoutMs = timeoutMs + this.#options.holdGraceMs;
    const story = this.#storyOf(context, job, holdTimeoutMs);
    const recorded = this.#recorded(context, story, endOfRequest, sink);
    context.jobBegan(story);
    this.#options.metrics.streamBegan();
    const handle = isLimited(rights.limits)
      ? new AllowedJob(
          job.spec.jobId,
          recorded,
          this.#allow(context, job, holdTimeoutMs, rights.limits),
          (allowance) => this.#begin(job, holdTimeoutMs, endingWith(recorded, allowance), allowance),
        )
      : this.#begin(job, holdTimeoutMs, recorded);
    story.follow(handle);
    return handle;
  }

  #storyOf(
    { startedMs, traceId = "" }: RequestContext,
    { spec }: PlannedJob,
    holdTimeoutMs: number,
  ): JobStory {
    const { jobId, accountId, keyId = "", model } = spec;
    const createdUnixMs = this.#options.clock.unixMs();
    const lostUnixMs = createdUnixMs + holdTimeoutMs;
    return this.#options.stories.begin({
      ...{ jobId, accountId, keyId, model, traceId },
      ...{ startedMs, createdUnixMs, lostUnixMs },
    });
  }

  #recorded(context: RequestContext, story: JobStory, endOfRequest: () => void, sink: JobSink): JobSink {
    const { metrics, stories, clock } = this.#options;
    return {
      onChunk: (chunk) => sink.onChunk(chunk),
      onEnd: (result) => {
        endOfRequest();
        metrics.streamEnded();
        note(context, result);
        story.ended(result);
        context.jobEnded();
        sink.onEnd(result);
      },
      onClosed: (result) => {
        story.closed(result, clock.unixMs());
        stories.closed(story);
      },
    };
  }

  /** A job lasts no longer than its client waits for it. */
  #timeoutMs({ timeLeftMs }: RequestContext): number {
    if (timeLeftMs <= 0) throw new FlockError("deadline_exceeded", "the request has reached its deadline");
    return Math.ceil(Math.min(this.#options.jobTimeoutMs, timeLeftMs));
  }

  /** Takes what the job may need of its key's limits. */
  #allow(
    context: RequestContext,
    { spec, bounds }: PlannedJob,
    holdTimeoutMs: number,
    limits: KeyLimits,
  ): Promise<Allowance> {
    const { clock, allowances } = this.#options;
    const { max, min } = amounts(spec, bounds);
    const order = {
      keyId: spec.keyId ?? "",
      jobId: spec.jobId,
      nowUnixMs: clock.unixMs(),
      mostMicro: max,
      leastMicro: min,
      tokensMax: tokensOf(bounds),
      untilUnixMs: clock.unixMs() + holdTimeoutMs,
    };
    return allowances.admit(order, limits, (state) => context.rated(state));
  }

  /** @param allowance What it may cost at most; undefined: whatever it costs. */
  #begin(
    { spec, bounds }: PlannedJob,
    holdTimeoutMs: number,
    sink: JobSink,
    allowance?: Allowance,
  ): JobHandle {
    const { accountId } = spec;
    const completionTokensMax =
      allowance === undefined
        ? bounds.completionTokensMax
        : affordableTokens(spec, bounds, allowance.grantedMicro);
    const order = {
      jobId: spec.jobId,
      accountId,
      traceparent: spec.traceparent,
      prices: spec,
      bounds: { ...bounds, completionTokensMax },
      timeoutMs: holdTimeoutMs,
    };
    const isFree = spec.promptPriceMicro === 0n && spec.completionPriceMicro === 0n;
    const payer: Payer = isFree
      ? { kind: "nobody" }
      : {
          kind: "client",
          hold: () => this.#hold(order, allowance),
          holdFirst: this.#doubtful.has(accountId),
        };
    return this.#options.requester.submit({ ...spec, payer }, sink);
  }

  async #hold(order: HoldOrder, allowance?: Allowance): Promise<HoldGrant> {
    try {
      const granted = await this.#options.holds.hold(order);
      this.#doubtful.delete(order.accountId);
      return granted;
    } catch (thrown) {
      const error = FlockError.from(thrown);
      if (error.code === "insufficient_funds") this.#doubtful.set(order.accountId, true);
      // Of a hold that there is not, no event will tell.
      if (error.code === "insufficient_funds" || error.code === "invalid_argument") allowance?.release();
      throw error;
    }
  }
}

/**
 * The job, with an answer that fits into its key's limit of tokens per minute beside the prompt, if that leaves any
 * room.
 */
function planWithin(
  { tokensPerMinute }: KeyLimits,
  plan: (completionTokensMax: number) => PlannedJob,
  completionTokensMax: number,
): PlannedJob {
  const planned = plan(completionTokensMax);
  if (tokensPerMinute === undefined || tokensOf(planned.bounds) <= tokensPerMinute) return planned;
  return plan(Math.max(1, tokensPerMinute - planned.bounds.promptTokensMax));
}

function tokensOf({ promptTokensMax, completionTokensMax }: TokenBounds): number {
  return promptTokensMax + completionTokensMax;
}

/** A sink that also tells the allowance of the end. */
function endingWith(sink: JobSink, allowance: Allowance): JobSink {
  return {
    onChunk: (chunk) => sink.onChunk(chunk),
    onEnd: (result) => {
      allowance.end(result.promptTokens + result.completionTokens);
      sink.onEnd(result);
    },
    onClosed: (result) => sink.onClosed?.(result),
  };
}

function note({ facts }: RequestContext, result: JobResult): void {
  facts.outcome = result.outcome;
  facts.promptTokens = result.promptTokens;
  facts.completionTokens = result.completionTokens;
  facts.leases = result.leases;
  if (result.error !== undefined) facts.error = result.error.code;
}
