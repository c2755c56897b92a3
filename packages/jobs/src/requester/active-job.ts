import { FlockError } from "@flock/errors";
import type { Chunk, ChunkPiece, Claim, Final } from "@flock/proto/jobs";
import { ClaimRefusal, Outcome } from "@flock/proto/jobs";
import type { RouteRequest } from "@flock/proto/router";
import type { ContentOpener } from "../content/content-opener.js";
import { lessPrivate } from "../content/privacy.js";
import { Answer } from "./answer.js";
import { claimFault } from "./claim-fault.js";
import { EngineFailures } from "./engine-failures.js";
import { type CheckedFinal, checkFinal, isUnvouched, outcomeOf } from "./final-check.js";
import { HoldGate } from "./hold-gate.js";
import type { JobProgress, JobSpec } from "./job.js";
import type { ActiveJobOptions, JobPort, LeaseEnd } from "./job-port.js";
import { charged, cutAt, type EndedJob, endedJob, type LastWord, unpaid } from "./job-result.js";
import { type Ending, type HoldState, JobState, type Moment, type Phase } from "./job-state.js";
import { leaseReport } from "./lease-report.js";
import { type Granted, LeaseWork } from "./lease-work.js";
import type { RequesterOptions } from "./options.js";
import { firstHoldOf, type HoldGrant } from "./payer.js";
import type { RoutedTo } from "./router-link.js";
import { TokenLimit } from "./token-limit.js";
import {
  FAILOVER_RETRY_MS,
  overdue,
  queuedTooLong,
  queueLeftMs,
  ROUTER_RETRY_MS,
  refusedByRouter,
} from "./unplaced.js";
import type { Signatory } from "./worker-keys.js";

/**
 * A job in the requester's hands: takes what workers, router, ledger, caller and time bring through the states of
 * {@link JobState}, puts the answer together, and has its requester do what follows. Its end passes through
 * {@link ActiveJob.#finish}, and through {@link JobPort.ended} when the ledger may hear of it.
 */
export class ActiveJob {
  readonly spec: JobSpec;
  readonly requesterId: string;
  readonly startedUnixMs: number;
  readonly #port: JobPort<ActiveJob>;
  readonly #limits: RequesterOptions;
  readonly #state: JobState;
  readonly #answer: Answer;
  readonly #gate: HoldGate;
  readonly #failures = new EngineFailures();
  readonly #limit: TokenLimit;
  #heldMicro: bigint | undefined;
  #end: EndedJob | undefined;
  /** By whom it was last taken, and how long it will wait by that router's estimate. */
  #routed: RoutedTo | undefined;
  /** Of the last lease, once its work was sent. */
  #opener: ContentOpener | undefined;
  #privacy: JobProgress["privacy"];
  /** Of the last lease. */
  #signatory: Signatory | undefined;
  readonly #work: LeaseWork;

  constructor({ spec, sink, port, limits, requesterId, nowMs, unixMs }: ActiveJobOptions<ActiveJob>) {
    this.spec = spec;
    this.requesterId = requesterId;
    this.startedUnixMs = unixMs;
    this.#port = port;
    this.#limits = limits;
    const [hold, isBegun] = [firstHoldOf(spec.payer), spec.resumeFrom !== undefined];
    const { deadlineUnixMs, queueMaxMs = Number.POSITIVE_INFINITY, mayBeQuiet = false } = spec;
    this.#state = new JobState({ hold, isBegun, deadlineUnixMs, queueMaxMs, mayBeQuiet, limits, nowMs });
    this.#answer = new Answer(spec);
    this.#work = new LeaseWork(spec);
    this.#gate = new HoldGate(sink, hold === "none");
    this.#limit = new TokenLimit(spec.completionTokensMax, isBegun);
  }

  get phase(): Phase {
    return this.#state.phase;
  }

  get hold(): HoldState {
    return this.#state.hold;
  }

  /** What is reserved for it; undefined if that is nothing, or not known. */
  get heldMicro(): bigint | undefined {
    return this.#heldMicro;
  }

  get lease(): number {
    return this.#state.lease;
  }

  get workerId(): string {
    return this.#state.workerId;
  }

  /** Holders of all its leases, in order. */
  get workerIds(): readonly string[] {
    return this.#state.workerIds;
  }

  get hasLease(): boolean {
    return this.#state.hasLease;
  }

  progress(nowMs: number): JobProgress {
    const { workerIds } = this.#state;
    const privacy = this.#privacy === undefined ? {} : { privacy: this.#privacy };
    return { workerIds: [...workerIds], ...privacy, timings: this.#state.timings(nowMs) };
  }

  /** Router that keeps the job's place, if it has one and waits there. */
  get waitsAt(): string | undefined {
    return this.#state.phase === "waiting" ? this.#routed?.routerId : undefined;
  }

  /** True if `workerId` holds the live lease numbered `lease`: whether its reports count. */
  holds(workerId: string, lease: number): boolean {
    return this.#state.holds(workerId, lease);
  }

  /** What a router must know of the job's way so far. */
  route(nowMs: number): Pick<RouteRequest, "excludedWorkerIds" | "resumed" | "queueMaxMs"> {
    this.#state.routing();
    return {
      queueMaxMs: queueLeftMs(this.spec, this.#state, nowMs),
      excludedWorkerIds: this.#state.excludedWorkerIds(nowMs),
      resumed: this.#answer.hasAny,
    };
  }

  /** A router took the job, that was asked at `askedMs`. */
  routed(routed: RoutedTo, askedMs: number): void {
    if (this.#state.phase !== "waiting") return;
    this.#routed = routed;
    this.#state.routed(askedMs, routed.etaMs > 0);
  }

  /** A router does not take the job, or gave it up. */
  routeRefused(error: FlockError, nowMs: number): void {
    if (this.#state.phase !== "waiting") return;
    // A job that some worker had begun is not given up because none is there at this moment: one may be restarting.
    const mayWait = this.#state.lease > 0 && this.#state.waitedMs(nowMs) < this.#limits.failoverTimeoutMs;
    if (mayWait && error.code === "unavailable") return this.#state.routeAt(nowMs + FAILOVER_RETRY_MS);
    this.decide(refusedByRouter(error, this.#state.lease), nowMs);
  }

  /** No router could be asked. */
  routeFailed(error: FlockError, nowMs: number): void {
    if (this.#state.phase !== "waiting") return;
    if (this.#state.waitedMs(nowMs) < this.#limits.routerTimeoutMs)
      this.#state.routeAt(nowMs + ROUTER_RETRY_MS);
    else this.decide({ outcome: "failed", doneReason: "", error }, nowMs);
  }

  /** Answers a claim; `isBlocked`: by the router. `signatoryOf` takes time, so it is asked last. */
  claim(
    claim: Pick<Claim, "workerId" | "modelDigest" | "sealingKey" | "queuedMs">,
    signatoryOf: () => Signatory | undefined,
    { nowMs, unixMs }: Pick<Moment, "nowMs" | "unixMs">,
    isBlocked: boolean,
  ): Granted | ClaimRefusal {
    if (this.#state.ending !== undefined) return ClaimRefusal.CANCELLED;
    const unfit = claimFault(this.spec, claim, unixMs) ?? (isBlocked ? ClaimRefusal.EXCLUDED : undefined);
    const refusal = unfit ?? this.#state.refusalOf(claim.workerId, nowMs);
    if (refusal !== undefined) return refusal;
    const signatory = signatoryOf();
    if (signatory === undefined) return ClaimRefusal.EXCLUDED;
    const waitedMs = this.#state.waitedMs(nowMs);
    this.#state.claim(claim.workerId, nowMs, claim.queuedMs);
    this.#gate.forgetKept();
    this.#opener = undefined;
    this.#signatory = signatory;
    return { lease: this.#state.lease, work: this.#work.from(this.#answer.beginLease()), waitedMs };
  }

  /** The live lease's work is on its way, and this is how its answer will be read. */
  sent(opener: ContentOpener): void {
    this.#opener = opener;
    this.#privacy = lessPrivate(opener.privacy, this.#privacy);
    // It ended while its work was sealed.
    if (this.#state.phase === "ending") this.#port.stop(this);
  }

  /** The live lease's worker does not keep to what was agreed, or may have no jobs any more: others may. */
  takeFrom(how: "unreadable" | "shut_out", nowMs: number): void {
    if (this.#state.hasLease) this.#loseLease(how, nowMs);
  }

  /** The live lease's worker was heard of. */
  heard(nowMs: number): void {
    this.#state.heard(nowMs);
  }

  /** Until now no worker could have been heard: the live lease's gets its full time again. */
  pardon(nowMs: number): void {
    this.#state.pardoned(nowMs);
  }

  /** A chunk of the live lease. */
  chunk(chunk: Chunk, nowMs: number): void {
    this.#state.produced(nowMs);
    this.#take(chunk, nowMs);
  }

  /** The final of the live lease. */
  final(final: Final, nowMs: number): void {
    const state = this.#state;
    state.heard(nowMs);
    if (final.tail !== undefined) this.chunk(final.tail, nowMs);
    if (!state.hasLease) return;
    if (!this.#answer.isNext(final.seq)) return this.#loseLease("lost", nowMs);
    const words = this.#opener?.final(final);
    if (words === undefined) return this.#loseLease("unreadable", nowMs);
    const { error: reason, doneReason } = words;
    this.#answer.notePromptTokens(final.promptTokens);
    if (state.ending !== undefined) return this.#finish(state.ending, nowMs, final);
    switch (final.outcome) {
      case Outcome.COMPLETED:
        if (this.spec.acceptsEmbeddings?.(this.#answer.embeddingsJson) === false)
          return this.#engineFailed("an answer that is none", false, nowMs);
        return this.#completed(doneReason, final, nowMs);
      case Outcome.REFUSED: {
        const error = new FlockError("invalid_argument", reason || "the model refused the request");
        return this.#finish({ outcome: "failed", doneReason: "", error }, nowMs, final);
      }
      case Outcome.RETURNED:
      case Outcome.CANCELLED:
        return this.#loseLease("returned", nowMs);
      case Outcome.FAILED:
      case Outcome.UNSPECIFIED:
        return this.#engineFailed(reason, final.isEngineAnswer, nowMs);
    }
  }

  /**
   * Decides how the job ends. A worker that still runs it is told to stop, and its final (or a short timeout)
   * concludes.
   */
  decide(ending: Ending, nowMs: number): void {
    if (this.#state.phase === "waiting") return this.#finish(ending, nowMs);
    if (this.#state.decide(ending, nowMs)) this.#port.stop(this);
    this.#tellErrorAtOnce(nowMs);
  }

  /** The ledger has reserved the money. */
  holdGranted(granted: HoldGrant, nowMs: number): void {
    this.#heldMicro = granted.heldMicro;
    this.#limit.lower(granted.completionTokensMax);
    this.#state.holdGranted();
    this.#gate.open(this.#limit.max);
    // The worker may have been faster than the ledger: the answer is whole, but there may not be money for all of it.
    if (this.#end !== undefined) this.#ended(cutAt(this.#limit.max, this.#end));
    else this.#endAtLimit(nowMs);
  }

  /** There is no hold, or nobody knows of one. */
  holdRefused(hold: "refused" | "uncertain", error: FlockError, nowMs: number): void {
    const refusal = { outcome: "failed", doneReason: "", error } as const;
    this.#state.holdRefused(hold, refusal);
    if (this.#end === undefined) this.decide(refusal, nowMs);
    else this.#ended(unpaid(refusal, this.#end));
  }

  /** Looks what time has brought. */
  look(moment: Omit<Moment, "hasOutput">): void {
    const { nowMs } = moment;
    switch (this.#state.due({ ...moment, hasOutput: this.#answer.hasLeaseOutput })) {
      case "route":
        return this.#port.route(this);
      case "deadline":
        return this.decide(overdue(), nowMs);
      case "queued_too_long":
        return this.decide(queuedTooLong(this.spec, this.#routed), nowMs);
      case "silent":
      case "unconfirmed":
        return this.#loseLease("lost", nowMs);
      case "stalled":
        this.#failures.note(this.workerId, { isFruitless: !this.#answer.hasLeaseOutput });
        return this.#loseLease("stalled", nowMs);
      case undefined:
        return;
    }
  }

  #take(chunk: Chunk, nowMs: number): void {
    if (!this.#answer.isNext(chunk.seq)) return this.#loseLease("lost", nowMs);
    const pieces = this.#opener?.chunk(chunk);
    if (pieces === undefined) return this.#loseLease("unreadable", nowMs);
    this.#answer.begin(chunk);
    for (const piece of pieces) this.#takePiece(piece, nowMs);
  }

  #takePiece(piece: ChunkPiece, nowMs: number): void {
    const taken = this.#answer.take(piece);
    if (this.#state.phase !== "leased") return;
    if (!this.#limit.isBeyond(this.#answer.tokens, taken.chunk.tokens))
      taken.kind === "hold" ? this.#gate.keep(taken.chunk) : this.#gate.chunk(taken.chunk);
    this.#endAtLimit(nowMs);
  }

  #endAtLimit(nowMs: number): void {
    if (!this.#limit.isReached(this.#answer.tokens)) return;
    this.decide({ outcome: "completed", doneReason: "length" }, nowMs);
  }

  #completed(doneReason: string, final: Final, nowMs: number): void {
    // An end without a word that its worker does not even vouch for is none: another one can begin anew.
    if (!this.#answer.hasLeaseOutput && isUnvouched(this.#checked(final)))
      return this.#loseLease("unvouched", nowMs);
    this.#finish({ outcome: "completed", doneReason }, nowMs, final);
  }

  /**
   * The engine behind a worker failed at the job. Whether worker or job is at fault shows later: the worker, if another
   * one completes the job; the job, if the next engine answers with the same words.
   */
  #engineFailed(reason: string, isEngineAnswer: boolean, nowMs: number): void {
    this.#port.noted(this, { kind: "engine_failed", isEngineAnswer });
    const failure = { isFruitless: !this.#answer.hasLeaseOutput, ...(isEngineAnswer ? { reason } : {}) };
    if (!this.#failures.note(this.workerId, failure)) return this.#loseLease("failed", nowMs);
    const error = new FlockError("invalid_argument", reason);
    this.#finish({ outcome: "failed", doneReason: "", error }, nowMs);
  }

  /** The live lease is over, the job is not (unless it was ending, or has had its chances). */
  #loseLease(how: LeaseEnd, nowMs: number): void {
    const isBlameless = how === "lost" && this.#port.isBlameless(nowMs);
    if (how !== "failed" && how !== "returned") this.#port.stop(this);
    this.#port.noted(this, { kind: "lease_ended", how, isBlameless });
    const isFault = how === "unreadable" || how === "unvouched" || (how === "lost" && !isBlameless);
    const fault = isFault ? how : undefined;
    if (this.#state.ending !== undefined) return this.#finish(this.#state.ending, nowMs, undefined, fault);
    // Of these alone is known that the worker has failed; an engine's failure is judged when the job has ended.
    this.#reportFinished(isFault ? Outcome.FAILED : Outcome.RETURNED, how === "lost", nowMs);
    this.#state.release(isBlameless, nowMs);
    const { leasesMax, fruitlessLeasesMax } = this.#limits;
    if (this.workerIds.length < leasesMax && this.#failures.fruitless < fruitlessLeasesMax)
      return this.#port.route(this);
    const error = new FlockError("aborted", "the worker failed to generate a response");
    this.#finish({ outcome: "failed", doneReason: "", error }, nowMs);
  }

  /** The job has no lease any more, and gets none: the one place where jobs end. */
  #finish(ending: Ending, nowMs: number, final?: Final, fault?: LeaseEnd): void {
    const { hasLease } = this.#state;
    const lastWord = final && { checked: this.#checked(final), durations: final };
    const isWorkersFault = fault !== undefined || isUnvouched(lastWord?.checked);
    const outcome = isWorkersFault ? Outcome.FAILED : hasLease ? outcomeOf(final) : Outcome.CANCELLED;
    this.#reportFinished(outcome, fault === "lost", nowMs);
    this.#state.finish(ending, nowMs);
    if (ending.outcome === "completed") this.#gate.releaseKept(this.#limit.max);
    const end = this.#endOf(ending, nowMs, lastWord);
    this.#end = end;
    if (this.#state.phase === "ended") this.#ended(end);
    else this.#gate.end(end.result);
  }

  /** The job's end is known, and who pays for it. */
  #ended(uncharged: EndedJob): void {
    const end = charged(this.spec, this, uncharged);
    this.#end = end;
    this.#port.ended(this, end);
    this.#gate.close(end.result);
  }

  /** A caller that is owed an error gets it now; the worker's last word only matters to the ledger. */
  #tellErrorAtOnce(nowMs: number): void {
    const { phase, ending } = this.#state;
    if (phase !== "ending" || ending?.outcome !== "failed") return;
    this.#gate.end(this.#endOf(ending, nowMs).result);
  }

  #endOf(ending: Ending, nowMs: number, lastWord?: LastWord): EndedJob {
    const completionTokensMax = this.#limit.max;
    const { operation, coalesce } = this.spec;
    // Who does not read along has nothing of an answer that is not whole.
    const terms = { operation, completionTokensMax, toldTokens: coalesce ? 0 : this.#gate.toldTokens };
    return endedJob(this.progress(nowMs), this.#answer, ending, lastWord, terms);
  }

  #checked(final: Final): CheckedFinal {
    const { requesterId, spec, workerId } = this;
    const checked = checkFinal(
      {
        ...{ requesterId, spec, workerId, signatory: this.#signatory, answer: this.#answer },
        privacy: this.#opener?.privacy ?? "plaintext",
        completionTokensMax: this.#limit.max,
      },
      final,
    );
    if (checked.kind === "foreign") this.#port.noted(this, { kind: "foreign_receipt" });
    return checked;
  }

  /** Tells of the live lease's end, or that the job was given up as it waited. */
  #reportFinished(outcome: Outcome, lost: boolean, nowMs: number): void {
    const hasSucceeded = outcome === Outcome.COMPLETED;
    const failed = hasSucceeded ? this.#failures.workersOtherThan(this.workerId) : [];
    this.#port.finished(this, leaseReport(this.spec, this.#state, { outcome, lost, nowMs }, failed));
  }
}
