import {
  delay,
  ensureEventsStream,
  jetstreamOf,
  type Mesh,
  manager,
  type Part,
  retryUntilDone,
} from "@flock/mesh";
import {
  decodeWire,
  EVENT_CONSUMERS,
  EVENTS,
  isSubjectToken,
  MESSAGE_BYTES_MAX,
  STREAMS,
} from "@flock/proto";
import { InferenceCompleted } from "@flock/proto/events";
import { AckPolicy, type ConsumerMessages, DeliverPolicy, type JsMsg } from "@nats-io/jetstream";
import { nanos } from "@nats-io/nats-core";
import { type EndedJob, endedJobOf, isCancelled } from "./domain/ended-job.js";
import { OddJobs } from "./domain/odd-jobs.js";
import { storeDrawn } from "./store/draws.js";
import type { Verifier } from "./verifier.js";

const ACK_WAIT_MS = 30_000;
const IN_FLIGHT_MAX = 32;
const RETRY_MS = 2_000;
const RESTART_MS = 500;

/**
 * Draws among the jobs that ended. All verifier processes share one durable consumer. An event is acknowledged when
 * what was drawn of it is stored; if it comes again, nothing is drawn anew.
 */
export class Sampler implements Part {
  readonly name = "sampler";
  readonly #verifier: Verifier;
  readonly #mesh: Mesh;
  readonly #onDrawn: () => void;
  readonly #odd = new OddJobs();
  readonly #inFlight = new Set<Promise<void>>();

  constructor(verifier: Verifier, mesh: Mesh, onDrawn: () => void) {
    this.#verifier = verifier;
    this.#mesh = mesh;
    this.#onDrawn = onDrawn;
  }

  async start(stop: AbortSignal): Promise<void> {
    const { logger } = this.#mesh;
    while (!stop.aborted) {
      const messages = await retryUntilDone("consume events", logger, () => this.#consume(), stop);
      if (messages === undefined) break;
      const close = () => void messages.close();
      if (stop.aborted) close();
      stop.addEventListener("abort", close, { once: true });
      const failure = await messages.closed();
      stop.removeEventListener("abort", close);
      if (stop.aborted) break;
      logger.warn({ err: failure }, "the event consumer ended; starting it again");
      await delay(RESTART_MS, stop);
    }
    await Promise.all(this.#inFlight);
  }

  async #consume(): Promise<ConsumerMessages> {
    await ensureEventsStream(this.#mesh);
    const { consumers } = await manager(this.#mesh);
    const name = EVENT_CONSUMERS.verifierSampler;
    await consumers.add(STREAMS.events, {
      durable_name: name,
      filter_subject: EVENTS.inferenceCompleted,
      ack_policy: AckPolicy.Explicit,
      // Of jobs from before there was a verifier no api has the material any more.
      deliver_policy: DeliverPolicy.New,
      ack_wait: nanos(ACK_WAIT_MS),
      max_ack_pending: IN_FLIGHT_MAX,
      max_deliver: -1,
    });
    const consumer = await jetstreamOf(this.#mesh).consumers.get(STREAMS.events, name);
    return await consumer.consume({
      max_messages: IN_FLIGHT_MAX,
      abort_on_missing_resource: true,
      callback: (msg) => {
        const sampling = this.#sample(msg).finally(() => this.#inFlight.delete(sampling));
        this.#inFlight.add(sampling);
      },
    });
  }

  /** Answers the event, one way or the other; never rejects. */
  async #sample(msg: JsMsg): Promise<void> {
    const decoded = decodeWire(InferenceCompleted, msg.data, MESSAGE_BYTES_MAX.event);
    const reason = decoded.ok ? "invalid_values" : decoded.reason;
    if (!decoded.ok || !isSubjectToken(decoded.message.requesterId)) {
      this.#mesh.dropped.drop(EVENTS.inferenceCompleted, reason, { sequence: msg.seq });
      return msg.term(reason);
    }
    const { requesterId, jobs } = decoded.message;
    const ended = jobs.map(endedJobOf).filter((job) => job !== undefined);
    for (let invalid = ended.length; invalid < jobs.length; invalid++)
      this.#mesh.dropped.drop(EVENTS.inferenceCompleted, "invalid_values", { sequence: msg.seq });
    try {
      const { metrics, db, rules, clock } = this.#verifier;
      const stored = await storeDrawn(db.kysely, {
        requesterId,
        jobs: ended,
        odd: this.#oddAmong(ended),
        rules: rules().ladder,
        nowUnixMs: clock.unixMs(),
      });
      metrics.jobs(true, stored.drawn);
      metrics.jobs(false, stored.jobs - stored.drawn);
      msg.ack();
      if (stored.drawn > 0) this.#onDrawn();
    } catch (error) {
      this.#mesh.logger.warn({ err: error, sequence: msg.seq }, "jobs cannot be drawn yet");
      msg.nak(RETRY_MS);
    }
  }

  #oddAmong(jobs: readonly EndedJob[]): ReadonlySet<string> {
    const odd = new Set<string>();
    for (const ended of jobs) {
      const { job, vouched, isOwn } = ended;
      if (vouched === undefined || isOwn) continue;
      const { receipt } = vouched;
      const oddity = this.#odd.look({
        workerId: job.workerId,
        isCompleted: !isCancelled(ended),
        doneReason: job.doneReason,
        promptTokens: job.promptTokens,
        completionTokens: job.completionTokens,
        receiptTokens: receipt.completionTokens + receipt.resumedTokens,
        decodeMs: job.decodeMs,
        outputSha256: receipt.outputSha256,
      });
      if (oddity === undefined) continue;
      odd.add(job.workerId);
      this.#verifier.metrics.oddity(oddity);
    }
    return odd;
  }
}
