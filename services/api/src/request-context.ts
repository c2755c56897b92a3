import { continueTrace, traceIdOf } from "@flock/observability";
import type { Identity } from "./identity.js";
import { ModelRun } from "./inference/model-run.js";
import { NO_PREFERENCES, type Preferences } from "./inference/preferences.js";
import type { RateState } from "./limits/key-allowances.js";
import type { JobStory } from "./stories/job-story.js";

/** Why a client was cut off: too much was waiting for it, or it took nothing for too long. */
export type CutOffReason = "unsent" | "stalled";

/** What the log line of a request tells beyond its status. Ids and numbers only. */
export interface RequestFacts {
  model?: string;
  outcome?: string;
  promptTokens?: number;
  completionTokens?: number;
  leases?: number;
  /** The client did not read and was cut off. */
  cutOff?: CutOffReason;
  /** Error code, if there was one. */
  error?: string;
}

/** A request and its answer, whatever transport it came by: what the parts of the api know about it in common. */
export class RequestContext {
  /** UUID; sent as `x-request-id`, and the id of the job that the request becomes. */
  readonly requestId: string;
  /** Monotonic clock. */
  readonly startedMs = performance.now();
  readonly facts: RequestFacts = {};
  /** The model that runs it. */
  readonly run: ModelRun;
  #preferences = NO_PREFERENCES;
  /** Of the first byte of the answer; monotonic clock. */
  firstByteMs: number | undefined;
  #isLogged = true;
  #isJobRunning = false;
  #isOver = false;
  readonly #onOver: (() => void)[] = [];
  #onJobEnd: (() => void) | undefined;
  #identity: Identity | undefined;
  #story: JobStory | undefined;
  #onRated: ((state: RateState) => void) | undefined;
  #traceparent: string | undefined;
  readonly #callersTraceparent: string | undefined;
  readonly #timeLimitMs: number;

  /**
   * @param callersTraceparent W3C trace context that the request came with, as it came.
   * @param timeLimitMs How long the client waits for the end of its answer; infinite if it does not say.
   */
  constructor(
    requestId: string,
    callersTraceparent: string | undefined,
    timeLimitMs = Number.POSITIVE_INFINITY,
  ) {
    this.requestId = requestId;
    this.run = new ModelRun(requestId);
    this.#callersTraceparent = callersTraceparent;
    this.#timeLimitMs = timeLimitMs;
  }

  /** How much longer the client waits; infinite if it did not say. */
  get timeLeftMs(): number {
    return this.startedMs + this.#timeLimitMs - performance.now();
  }

  /** W3C trace context that everything done for the request carries on. */
  get traceparent(): string {
    this.#traceparent ??= continueTrace(this.#callersTraceparent);
    return this.#traceparent;
  }

  get traceId(): string | undefined {
    return traceIdOf(this.traceparent);
  }

  /** Whose key or session it came with; undefined on routes that need none. */
  get identity(): Identity | undefined {
    return this.#identity;
  }

  /** Whose bodies count together: those of guests are not those of the account that pays for them. */
  get bodyAccount(): string {
    const identity = this.#identity;
    if (identity === undefined) return "";
    return "guest" in identity && identity.guest !== undefined ? "guests" : identity.accountId;
  }

  identify(identity: Identity): void {
    this.#identity = identity;
  }

  /** What its client wants of the network. */
  get preferences(): Preferences {
    return this.#preferences;
  }

  prefer(preferences: Preferences): void {
    this.#preferences = preferences;
  }

  /** Whether it gets a line in the log when it has ended. */
  get isLogged(): boolean {
    return this.#isLogged;
  }

  leaveUnlogged(): void {
    this.#isLogged = false;
  }

  /** Calls back when its answer has been sent, or its client is gone: at once if that is so. */
  whenOver(callback: () => void): void {
    if (this.#isOver) callback();
    else this.#onOver.push(callback);
  }

  /** Its answer has been sent, or its client is gone. */
  over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const callback of this.#onOver) callback();
  }

  /** The request has become a job, whose end may come later than the client's. */
  jobBegan(story: JobStory): void {
    this.#isJobRunning = true;
    this.#story = story;
  }

  /** Of the job that the request has become; undefined as long as it is none. */
  get story(): JobStory | undefined {
    return this.#story;
  }

  /** The job has ended, and the facts are complete. */
  jobEnded(): void {
    this.#isJobRunning = false;
    this.#onJobEnd?.();
  }

  /** Calls back once no job is running (any more): at once if none is. */
  whenJobEnded(callback: () => void): void {
    if (this.#isJobRunning) this.#onJobEnd = callback;
    else callback();
  }

  /** How much of its key's limits of a minute is left, before anything is answered. */
  rated(state: RateState): void {
    this.#onRated?.(state);
  }

  /** Calls back if its key has such limits. */
  whenRated(callback: (state: RateState) => void): void {
    this.#onRated = callback;
  }

  /** Since the request's head was read, in whole nanoseconds: what Ollama calls `total_duration`. */
  get durationNs(): number {
    return Math.round((performance.now() - this.startedMs) * 1e6);
  }
}
