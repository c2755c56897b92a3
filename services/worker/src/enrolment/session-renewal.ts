import { FlockError } from "@flock/errors";
import { delay, FinalFailure, type Mesh, type Part, Wake } from "@flock/mesh";
import { pausesMs, type WorkerEnrolment } from "./worker-enrolment.js";

/** Timers can be no longer. */
const WAIT_MS_MAX = 86_400_000;
/** NATS that asks twice within this time has refused what it was shown first. */
const REFUSED_WITHIN_MS = 10_000;
/** So often at the most is a session renewed because NATS refuses it. */
const EARLY_RENEWAL_MS = 5_000;

/**
 * Renews a worker's session after two thirds of its life, and connects to NATS with it before the old one ends. One
 * that NATS refuses is renewed at once, so that a worker that was banned hears so from the api.
 */
export class SessionRenewal implements Part {
  readonly name = "session renewal";
  readonly #enrolment: Pick<WorkerEnrolment, "session" | "renew">;
  readonly #refused = new Wake();
  #mesh: Mesh | undefined;
  #shown: { readonly credentials: string; readonly atMs: number } | undefined;
  #renewedEarlyMs = Number.NEGATIVE_INFINITY;

  constructor(enrolment: Pick<WorkerEnrolment, "session" | "renew">) {
    this.#enrolment = enrolment;
  }

  /** What NATS is shown now: the provider of its connection's credentials. */
  readonly credentials = (): string => {
    const { credentials } = this.#enrolment.session;
    const nowMs = performance.now();
    const isShownAgain =
      this.#shown?.credentials === credentials && nowMs - this.#shown.atMs < REFUSED_WITHIN_MS;
    if (isShownAgain && nowMs - this.#renewedEarlyMs > EARLY_RENEWAL_MS) {
      this.#renewedEarlyMs = nowMs;
      this.#refused.call();
    }
    this.#shown = { credentials, atMs: nowMs };
    return credentials;
  };

  /** Which connection is to be made anew. It was asked for credentials more than once before it stood. */
  connected(mesh: Mesh): void {
    this.#mesh = mesh;
    this.#shown = undefined;
    this.#refused.clear();
  }

  async start(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const { lifeMs } = this.#enrolment.session;
      // Not all workers at once, after the whole mesh was started.
      const waitMs = lifeMs * (0.6 + 0.067 * Math.random());
      await this.#refused.wait(stop, Math.min(waitMs, WAIT_MS_MAX));
      if (!stop.aborted) await this.#renew(stop);
    }
  }

  async #renew(stop: AbortSignal): Promise<void> {
    for (const pauseMs of pausesMs()) {
      try {
        await this.#enrolment.renew();
        await this.#mesh?.reconnect();
        this.#mesh?.logger.debug("the session was renewed");
        return;
      } catch (thrown) {
        const error = FlockError.from(thrown);
        if (error instanceof FinalFailure) throw error;
        const retryInMs = Math.round(pauseMs);
        this.#mesh?.logger.warn({ err: error, retryInMs }, "the session is not renewed");
        await delay(pauseMs, stop);
        if (stop.aborted) return;
      }
    }
  }
}
