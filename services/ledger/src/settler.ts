import { FlockError } from "@flock/errors";
import {
  delay,
  ensureEventsStream,
  jetstreamOf,
  type Mesh,
  manager,
  type Part,
  retryUntilDone,
} from "@flock/mesh";
import { traceIdOf } from "@flock/observability";
import { EVENT_CONSUMERS, EVENTS, STREAMS } from "@flock/proto";
import { AckPolicy, type ConsumerMessages, type JsMsg } from "@nats-io/jetstream";
import { nanos } from "@nats-io/nats-core";
import type { Settle, Void } from "./domain/job-operations.js";
import type { Outcome } from "./domain/operations.js";
import type { End } from "./group-committer.js";
import { readInferenceEvent } from "./handlers/inference-event.js";
import type { OperationRunner } from "./operation-runner.js";

/**
 * An event that a ledger process took along when it died is delivered again after this time. It must be well below the
 * grace that holds have beyond their jobs' deadlines, or a settlement would come too late to be charged.
 */
const ACK_WAIT_MS = 5_000;
/** How often events that wait for the database are said to be in hand. */
const WORKING_INTERVAL_MS = 1_500;
/** Events, of up to 64 jobs each, so that all of them find room among what the ledger lets wait (20 000 operations). */
const IN_FLIGHT_MAX = 256;
const SETTLED: ReadonlySet<Outcome["kind"]> = new Set(["settled", "already_settled"]);
/** Pause before an event that the ledger failed on (a fault of its own) is tried again: time for a new version. */
const FAULT_RETRY_MS = 30_000;
const RESTART_MS = 500;
/** While the database is away thousands of events wait; one line tells of all. */
const WAITING_LOG_INTERVAL_MS = 10_000;

/**
 * Settles jobs: `evt.inference.completed` charges their holds, `evt.inference.failed` gives the holds back. All ledger
 * processes share one durable consumer. An event is acknowledged when the outcome of each of its jobs is committed. So
 * it may be delivered twice, and each job is settled once.
 *
 * Consumed without effect, with a counter and a log line: events that cannot be read, jobs with values that cannot be,
 * and jobs that have no hold, or whose hold is expired, voided or another account's. A late settlement is not charged.
 */
export class Settler implements Part {
  readonly name = "settler";
  readonly #mesh: Mesh;
  readonly #operations: OperationRunner;
  /** Delivered and not answered; few objects each, since thousands of them outlive the collections of garbage. */
  readonly #inFlight = new Set<JsMsg>();
  #whenIdle: (() => void) | undefined;
  #waitingLoggedAtMs = Number.NEGATIVE_INFINITY;

  constructor(mesh: Mesh, operations: OperationRunner) {
    this.#mesh = mesh;
    this.#operations = operations;
  }

  async start(stop: AbortSignal): Promise<void> {
    const working = setInterval(() => {
      for (const msg of this.#inFlight) msg.working();
    }, WORKING_INTERVAL_MS);
    while (!stop.aborted) {
      const messages = await retryUntilDone("consume events", this.#mesh.logger, () => this.#consume(), stop);
      if (messages === undefined) break;
      const failure = await this.#untilClosed(messages, stop);
      if (stop.aborted) break;
      this.#mesh.logger.warn({ err: failure }, "the event consumer ended; starting it again");
      await delay(RESTART_MS, stop);
    }
    await this.#idle();
    clearInterval(working);
  }

  /** Waits until every event that was delivered is answered. */
  async #idle(): Promise<void> {
    if (this.#inFlight.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
    });
  }

  /**
   * Closes the consumer when the service stops, which may be while it was being opened; returns why it ended otherwise.
   */
  async #untilClosed(messages: ConsumerMessages, stop: AbortSignal): Promise<Error | undefined> {
    const close = () => void messages.close();
    if (stop.aborted) close();
    stop.addEventListener("abort", close, { once: true });
    const failure = await messages.closed();
    stop.removeEventListener("abort", close);
    return failure instanceof Error ? failure : undefined;
  }

  async #consume(): Promise<ConsumerMessages> {
    await ensureEventsStream(this.#mesh);
    const { consumers } = await manager(this.#mesh);
    await consumers.add(STREAMS.events, {
      durable_name: EVENT_CONSUMERS.ledgerSettler,
      filter_subject: EVENTS.inference,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ACK_WAIT_MS),
      max_ack_pending: IN_FLIGHT_MAX,
      max_deliver: -1,
    });
    const consumer = await jetstreamOf(this.#mesh).consumers.get(
      STREAMS.events,
      EVENT_CONSUMERS.ledgerSettler,
    );
    return await consumer.consume({
      max_messages: IN_FLIGHT_MAX,
      abort_on_missing_resource: true,
      callback: (msg) => void this.#settle(msg),
    });
  }

  /** Answers the event, one way or the other; never rejects. */
  async #settle(msg: JsMsg): Promise<void> {
    this.#inFlight.add(msg);
    const event = readInferenceEvent(msg.subject, msg.data);
    if (event.kind === "unreadable") {
      this.#mesh.dropped.drop(EVENTS.inference, event.reason, { sequence: msg.seq });
      msg.term(event.reason);
    } else if (event.kind === "other") {
      msg.ack();
    } else {
      for (let job = 0; job < event.invalid; job++)
        this.#mesh.dropped.drop(EVENTS.inference, "invalid_values", { sequence: msg.seq });
      const ends = await this.#operations.runAll(event.operations);
      this.#answer(
        msg,
        event.operations.flatMap(
          (operation, job) => this.#failureOf(operation, ends[job], event.traceparents[job]) ?? [],
        ),
      );
    }
    this.#inFlight.delete(msg);
    if (this.#inFlight.size === 0) this.#whenIdle?.();
  }

  /** Why the job must be tried again, if it must. */
  #failureOf(
    operation: Settle | Void,
    end: End | undefined,
    traceparent: string | undefined,
  ): FlockError | undefined {
    if (end instanceof FlockError && end.code !== "invalid_argument") return end;
    if (end === undefined || end instanceof FlockError) this.#drop(operation, "refused", traceparent);
    else if (operation.kind === "settle" && !SETTLED.has(end.kind))
      this.#drop(operation, end.kind, traceparent);
    else if (this.#mesh.logger.isLevelEnabled("debug"))
      this.#mesh.logger.debug(
        { jobId: operation.jobId, traceId: traceIdOf(traceparent), outcome: end.kind },
        "job end booked",
      );
    return undefined;
  }

  /** Counts and tells of a job that is not settled and never will be. */
  #drop({ kind, jobId }: Settle | Void, reason: string, traceparent: string | undefined): void {
    const subject = kind === "settle" ? EVENTS.inferenceCompleted : EVENTS.inferenceFailed;
    this.#mesh.dropped.drop(subject, reason, { jobId, traceId: traceIdOf(traceparent) });
  }

  /** The event comes again for jobs that failed; those that did not are settled already then. */
  #answer(msg: JsMsg, failures: readonly FlockError[]): void {
    const [failure] = failures;
    if (failure === undefined) return msg.ack();
    const facts = { err: failure, subject: msg.subject, sequence: msg.seq, jobs: failures.length };
    const delaysMs = failures.flatMap(({ retry }) => (retry === "never" ? [] : [retry.afterMs]));
    if (delaysMs.length === 0) {
      this.#mesh.logger.error(facts, "jobs could not be settled");
      return msg.nak(FAULT_RETRY_MS);
    }
    msg.nak(Math.min(...delaysMs));
    const nowMs = performance.now();
    if (nowMs - this.#waitingLoggedAtMs < WAITING_LOG_INTERVAL_MS) return;
    this.#waitingLoggedAtMs = nowMs;
    this.#mesh.logger.warn({ ...facts, inFlight: this.#inFlight.size }, "events cannot be settled yet");
  }
}
