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
import { EVENT_CONSUMERS, EVENTS, STREAMS } from "@flock/proto";
import { AckPolicy, type ConsumerMessages, type JsMsg } from "@nats-io/jetstream";
import { nanos } from "@nats-io/nats-core";
import type { Settle, SettleOutcome, Void } from "./domain/job-operations.js";
import { readInferenceEvent } from "./handlers/inference-event.js";
import type { OperationRunner } from "./operation-runner.js";

/**
 * An event that a ledger process took along when it died is delivered again after this time. It must be well below the
 * grace that holds have beyond their jobs' deadlines, or a settlement would come too late to be charged.
 */
const ACK_WAIT_MS = 5_000;
/** How often events that wait for the database are said to be in hand. */
const WORKING_INTERVAL_MS = 1_500;
const IN_FLIGHT_MAX = 4_000;
/** Pause before an event that the ledger failed on (a fault of its own) is tried again: time for a new version. */
const FAULT_RETRY_MS = 30_000;
const RESTART_MS = 500;
/** While the database is away thousands of events wait; one line tells of all. */
const WAITING_LOG_INTERVAL_MS = 10_000;

/**
 * Settles what happened: `evt.inference.completed` charges the job's hold, `evt.inference.failed` gives it back. One
 * durable consumer for all ledger processes; an event is acknowledged after its outcome is committed, so it may be
 * delivered twice, and is settled once.
 *
 * Consumed without effect, with a counter and a log line: events that cannot be read, and events for a job that has no
 * hold, or whose hold is expired, voided or another account's. A late settlement is not charged.
 */
export class Settler implements Part {
  readonly name = "settler";
  readonly #mesh: Mesh;
  readonly #operations: OperationRunner;
  readonly #inFlight = new Map<JsMsg, Promise<void>>();
  #waitingLoggedAtMs = Number.NEGATIVE_INFINITY;

  constructor(mesh: Mesh, operations: OperationRunner) {
    this.#mesh = mesh;
    this.#operations = operations;
  }

  async start(stop: AbortSignal): Promise<void> {
    const working = setInterval(() => {
      for (const msg of this.#inFlight.keys()) msg.working();
    }, WORKING_INTERVAL_MS);
    while (!stop.aborted) {
      const messages = await retryUntilDone("consume events", this.#mesh.logger, () => this.#consume(), stop);
      if (messages === undefined) break;
      const failure = await this.#untilClosed(messages, stop);
      if (stop.aborted) break;
      this.#mesh.logger.warn({ err: failure }, "the event consumer ended; starting it again");
      await delay(RESTART_MS, stop);
    }
    await Promise.allSettled(this.#inFlight.values());
    clearInterval(working);
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
      callback: (msg) => {
        this.#inFlight.set(
          msg,
          this.#settle(msg).finally(() => this.#inFlight.delete(msg)),
        );
      },
    });
  }

  async #settle(msg: JsMsg): Promise<void> {
    const event = readInferenceEvent(msg.subject, msg.data);
    if (event.kind === "unreadable") {
      this.#mesh.dropped.drop(EVENTS.inference, event.reason, { sequence: msg.seq });
      msg.term(event.reason);
      return;
    }
    try {
      if (event.kind === "operation") await this.#carryOut(event.operation);
      msg.ack();
    } catch (thrown) {
      this.#refuse(msg, FlockError.from(thrown));
    }
  }

  async #carryOut(operation: Settle | Void): Promise<void> {
    if (operation.kind === "void") {
      await this.#operations.run(operation);
      return;
    }
    const outcome = await this.#operations.run(operation);
    if (!isSettled(outcome))
      this.#mesh.dropped.drop(EVENTS.inferenceCompleted, outcome.kind, { jobId: operation.jobId });
  }

  #refuse(msg: JsMsg, error: FlockError): void {
    const facts = { err: error, subject: msg.subject, sequence: msg.seq };
    if (error.retry !== "never") {
      msg.nak(error.retry.afterMs);
      const nowMs = performance.now();
      if (nowMs - this.#waitingLoggedAtMs < WAITING_LOG_INTERVAL_MS) return;
      this.#waitingLoggedAtMs = nowMs;
      this.#mesh.logger.warn({ ...facts, inFlight: this.#inFlight.size }, "events cannot be settled yet");
    } else if (error.code === "invalid_argument") {
      this.#mesh.dropped.drop(EVENTS.inference, "refused", { sequence: msg.seq });
      msg.term(error.message);
    } else {
      this.#mesh.logger.error(facts, "event could not be settled");
      msg.nak(FAULT_RETRY_MS);
    }
  }
}

function isSettled(outcome: SettleOutcome): boolean {
  return outcome.kind === "settled" || outcome.kind === "already_settled";
}
