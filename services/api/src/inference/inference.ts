import { randomInt, randomUUID } from "node:crypto";
import { FlockError } from "@flock/errors";
import type { HoldGrant, JobHandle, JobResult, JobSink, JobSpec, Payer } from "@flock/jobs";
import type { CatalogueView, Clock, ModelAvailability } from "@flock/mesh";
import { canonicalModelName } from "@flock/proto";
import type { CatalogueEntry } from "@flock/proto/catalogue";
import { LRUCache } from "lru-cache";
import { submitAsGuest } from "../guests/guest-job.js";
import type { KeyIdentity } from "../identity.js";
import { isLimited, type KeyLimits } from "../keys/key-limits.js";
import { inferenceKeyOf, mayUseModel } from "../keys/permissions.js";
import type { Allowance, Allowances } from "../limits/key-allowances.js";
import type { ApiMetrics } from "../metrics.js";
import type { RequestContext } from "../request-context.js";
import type { JobStories } from "../stories/job-stories.js";
import type { JobStory } from "../stories/job-story.js";
import type { Admission } from "../tiers/account-tiers.js";
import type { WorkerAliases } from "../workers/worker-alias.js";
import { requireAcceptable } from "./acceptable-model.js";
import { AllowedJob, refusedJob } from "./allowed-job.js";
import { Candidates } from "./candidates.js";
import { requireCapable, withoutVainWishes } from "./capabilities.js";
import { affordableTokens, amounts } from "./cost.js";
import { FallbackJob } from "./fallback-job.js";
import type { HoldOrder, Holds } from "./holds.js";
import type { InferenceRequest } from "./inference-request.js";
import { type PlannedJob, planJob } from "./job-spec.js";
import { planWithin, tokensOf } from "./job-within-limits.js";
import { workersWanted } from "./preferred-workers.js";

/** What the api needs of the requester (see @flock/mesh). */
export interface JobSubmitter {
  submit(spec: JobSpec, sink: JobSink): JobHandle;
}

/** What the api needs of the catalogue view (see @flock/mesh). */
export type Catalogue = Pick<CatalogueView, "find" | "available" | "workersOf" | "notReady">;

export interface InferenceOptions {
  readonly catalogue: Catalogue;
  readonly requester: JobSubmitter;
  readonly holds: Holds;
  readonly admission: Admission;
  readonly allowances: Allowances;
  readonly stories: Pick<JobStories, "begin" | "closed">;
  readonly aliases: Pick<WorkerAliases, "aliasOf">;
  readonly metrics: ApiMetrics;
  readonly completionTokensMax: number;
  readonly jobTimeoutMs: number;
  /** A hold outlives its job's deadline by this time, so that it is there when the settlement comes. */
  readonly holdGraceMs: number;
  /** What deadlines are reckoned from. */
  readonly clock: Clock;
}

/** A job for a model that the client has a name for. */
interface NamedJob extends PlannedJob {
  readonly askedName: string;
  /** It is another one than the request names first. */
  readonly isFallback: boolean;
}

/** A request that is being run, by one model after the other. */
interface Submission {
  readonly context: RequestContext;
  readonly limits: KeyLimits;
  readonly holdTimeoutMs: number;
  /** Once this resolves, the job before counts for nothing among the key's limits. */
  undone: Promise<void>;
}

const DONE = Promise.resolve();
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
   * Submits the request as a job of whoever sent it, for the first of its models that can answer it. The sink hears of
   * everything else, also of a refused hold.
   * @throws FlockError as {@link model} does; `invalid_argument` if the model cannot do it, `failed_precondition` if it
   *   cannot be had as it is preferred, `resource_exhausted` when the account has reached the limits of its tier,
   *   `permission_denied` if its key may not use models, `deadline_exceeded` if its client waits no longer.
   */
  submit(context: RequestContext, request: InferenceRequest, sink: JobSink): JobHandle {
    const key = inferenceKeyOf(context.identity, this.#options.clock.unixMs());
    const submit = (ofKey: JobSink) => this.#submit(context, key, request, ofKey);
    return key.guest === undefined ? submit(sink) : submitAsGuest(key.guest, sink, submit);
  }

  #submit(context: RequestContext, key: KeyIdentity, request: InferenceRequest, sink: JobSink): JobHandle {
    const { admission, clock, metrics } = this.#options;
    const timeoutMs = this.#timeoutMs(context);
    const { fallbackModels } = context.preferences;
    const plan = this.#planner(context, key, request, clock.unixMs() + timeoutMs);
    const candidates = new Candidates([request.model, ...fallbackModels], plan);
    const first = candidates.next();
    const recorded = this.#recorded(context, admission.begin(key.accountId), sink);
    metrics.streamBegan();
    const { limits } = key.rights;
    const submission = {
      context,
      limits,
      holdTimeoutMs: timeoutMs + this.#options.holdGraceMs,
      undone: DONE,
    };
    const begin = (job: NamedJob, ofJob: JobSink) =>
      this.#try(submission, job, ofJob, { isLast: !candidates.hasMore });
    return new FallbackJob(context.requestId, candidates, begin, recorded).try(first);
  }

  /** What makes a job of the request for a model. */
  #planner(
    context: RequestContext,
    { accountId, keyId, rights, guest }: KeyIdentity,
    request: InferenceRequest,
    deadlineUnixMs: number,
  ): (model: string) => NamedJob {
    const { admission, clock, catalogue, aliases, completionTokensMax } = this.#options;
    const { preferences, traceparent } = context;
    const { privacyMin, queueMaxMs, checking } = preferences;
    const tier = admission.levelOf(accountId);
    const beganMs = clock.nowMs();
    let jobs = 0;
    return (askedName) => {
      const entry = this.model(context, askedName);
      const asked = withoutVainWishes(entry, { ...request, model: askedName });
      requireAcceptable(entry, asked, preferences);
      requireCapable(entry, asked);
      // Each job has an id of its own: what is late of one that was given up must not be taken for the next one's.
      const jobId = jobs === 0 ? context.requestId : randomUUID();
      const randomSeed = randomInt(SEED_MAX);
      const ofKey = { jobId, accountId, keyId, tier, traceparent, deadlineUnixMs, randomSeed };
      const { spec, bounds } = planWithin(
        rights.limits,
        (tokensMax) => planJob(asked, entry, { ...ofKey, completionTokensMax: tokensMax }),
        Math.min(completionTokensMax, guest?.completionTokensMax ?? completionTokensMax),
      );
      jobs += 1;
      const workers = workersWanted(preferences, accountId, () => catalogue.workersOf(entry.name), aliases);
      const wait =
        queueMaxMs === undefined
          ? {}
          : { queueMaxMs: Math.max(0, Math.ceil(beganMs + queueMaxMs - clock.nowMs())) };
      return {
        askedName,
        isFallback: askedName !== request.model,
        spec: { ...spec, ...workers, ...wait, privacyMin, checking },
        bounds,
      };
    };
  }

  /** @param isLast No other model is tried if no worker is there for this one. */
  #try(
    submission: Submission,
    job: NamedJob,
    sink: JobSink,
    { isLast }: { readonly isLast: boolean },
  ): JobHandle {
    const { context, holdTimeoutMs } = submission;
    const { jobId, model } = job.spec;
    if (job.isFallback) this.#options.metrics.fallback();
    context.facts.model = model;
    context.run.begin(jobId, job.askedName, model);
    const story = this.#storyOf(context, job, holdTimeoutMs);
    context.jobBegan(story);
    // What is reserved for a job that finds no worker would be missing for the next one.
    const handle = this.#beginAllowed(submission, job, this.#telling(story, sink), !isLast);
    story.follow(handle);
    return handle;
  }

  #beginAllowed(submission: Submission, job: NamedJob, sink: JobSink, holdLate: boolean): JobHandle {
    const { context, limits, holdTimeoutMs } = submission;
    if (!isLimited(limits)) return this.#begin(job, { holdTimeoutMs, holdLate }, sink);
    const allowed = submission.undone.then(() => this.#allow(context, job, holdTimeoutMs, limits));
    return new AllowedJob(job.spec.jobId, sink, allowed, (allowance) =>
      this.#begin(
        job,
        { holdTimeoutMs, holdLate },
        endingWith(sink, allowance, submission, holdLate),
        allowance,
      ),
    );
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
      jobId,
      accountId,
      keyId,
      model,
      traceId,
      startedMs,
      createdUnixMs,
      lostUnixMs,
    });
  }

  /** A sink that also has the job's story told. */
  #telling(story: JobStory, sink: JobSink): JobSink {
    const { stories, clock } = this.#options;
    return {
      onChunk: (chunk) => sink.onChunk(chunk),
      onEnd: (result) => {
        story.ended(result);
        sink.onEnd(result);
      },
      onClosed: (result) => {
        story.closed(result, clock.unixMs());
        stories.closed(story);
      },
    };
  }

  #recorded(context: RequestContext, endOfRequest: () => void, sink: JobSink): JobSink {
    return {
      onChunk: (chunk) => {
        context.run.answers();
        sink.onChunk(chunk);
      },
      onEnd: (result) => {
        if (result.outcome === "completed") context.run.answers();
        endOfRequest();
        this.#options.metrics.streamEnded();
        note(context, result);
        context.jobEnded();
        sink.onEnd(result);
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
    { holdTimeoutMs, holdLate }: { readonly holdTimeoutMs: number; readonly holdLate: boolean },
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
          holdLate,
        };
    try {
      return this.#options.requester.submit({ ...spec, payer }, sink);
    } catch (thrown) {
      // An end like any other: its account has its place again, its key what it was allowed, and its story is closed.
      allowance?.release();
      return refusedJob(spec.jobId, FlockError.from(thrown), sink);
    }
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

/** A sink that also tells the allowance of the end. `isLate`: of a job whose hold is. */
function endingWith(sink: JobSink, allowance: Allowance, submission: Submission, isLate: boolean): JobSink {
  return {
    onChunk: (chunk) => sink.onChunk(chunk),
    onEnd: (result) => {
      if (isLate && result.isUnplaced === true) submission.undone = allowance.undo();
      else {
        if (isLate && result.leases === 0) allowance.release();
        allowance.end(result.promptTokens + result.completionTokens);
      }
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
