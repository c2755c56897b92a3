import type { EnrolmentApi } from "@flock/enrolment";
import { FlockError } from "@flock/errors";
import { freshUserSeed, type Signer } from "@flock/keys";
import { delay, FinalFailure } from "@flock/mesh";
import type { Logger } from "@flock/observability";
import type { Delegation } from "@flock/proto/jobs";
import type { Delegations } from "./delegations.js";
import { openSession, type WorkerSession } from "./session.js";

/** Ends the process of a worker whose wallet is banned: to start it again is of no use. */
const EXIT_BANNED = 3;

const PAUSE_MS_MIN = 500;
const PAUSE_MS_MAX = 30_000;
/** What may be otherwise the next time. */
const PASSING: ReadonlySet<FlockError["code"]> = new Set([
  "unavailable",
  "resource_exhausted",
  "deadline_exceeded",
  "internal",
]);

export interface EnrolmentOptions {
  readonly api: EnrolmentApi;
  readonly delegations: Delegations;
  readonly logger: Logger;
}

/** Pauses between attempts: longer and longer, and never those of another worker. */
export function* pausesMs(): Generator<number, never> {
  for (let pauseMs = PAUSE_MS_MIN; ; pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX))
    yield pauseMs * (0.5 + Math.random());
}

/** A worker that the api has let in: its delegation, and its session on NATS. */
export class WorkerEnrolment {
  readonly #options: EnrolmentOptions;
  readonly #sessionSeed: string;
  #delegation: Delegation;
  #session: WorkerSession;

  private constructor(options: EnrolmentOptions, sessionSeed: string, { delegation, session }: Enrolled) {
    this.#options = options;
    this.#sessionSeed = sessionSeed;
    this.#delegation = delegation;
    this.#session = session;
  }

  /**
   * Enrols. Waits for an api that does not answer, or is busy.
   * @throws FlockError what the api refuses it with; FinalFailure if the wallet is banned
   */
  static async open(options: EnrolmentOptions, stop: AbortSignal): Promise<WorkerEnrolment> {
    // The same in all sessions of this process: to revoke it ends every one.
    const sessionSeed = freshUserSeed();
    for (const pauseMs of pausesMs()) {
      try {
        return new WorkerEnrolment(options, sessionSeed, await enrol(options, sessionSeed));
      } catch (thrown) {
        const error = FlockError.from(thrown);
        if (!PASSING.has(error.code)) throw error;
        options.logger.warn({ err: error, retryInMs: Math.round(pauseMs) }, "not enrolled yet");
        await delay(pauseMs, stop);
        stop.throwIfAborted();
      }
    }
    throw new FlockError("internal", "there is always another pause");
  }

  get workerId(): string {
    return this.#options.delegations.workerId;
  }

  /** Signs receipts and sealing keys; the wallet does not. */
  get workKey(): Signer {
    return this.#options.delegations.workKey;
  }

  /** Account that is paid in the worker's place; undefined: none. */
  get payeeId(): string | undefined {
    const { payout } = this.#options.delegations;
    return payout === this.workerId ? undefined : payout;
  }

  get delegation(): Delegation {
    return this.#delegation;
  }

  get session(): WorkerSession {
    return this.#session;
  }

  /**
   * Has the api let it in for longer, and has the wallet delegate anew when it is time.
   * @throws as {@link open}, which see, at once
   */
  async renew(): Promise<void> {
    const { delegation, session } = await enrol(this.#options, this.#sessionSeed);
    this.#delegation = delegation;
    this.#session = session;
  }
}

interface Enrolled {
  readonly delegation: Delegation;
  readonly session: WorkerSession;
}

async function enrol({ api, delegations }: EnrolmentOptions, sessionSeed: string): Promise<Enrolled> {
  const { workerId, workKey } = delegations;
  const owner = { workerId, workKey, sessionSeed };
  try {
    const delegation = await delegations.current();
    try {
      return { delegation, session: await openSession(api, owner) };
    } catch (error) {
      if (FlockError.from(error).code !== "unauthenticated") throw error;
    }
    return { delegation: await delegations.another(), session: await openSession(api, owner) };
  } catch (thrown) {
    const error = FlockError.from(thrown);
    throw error.code === "permission_denied" ? new FinalFailure(EXIT_BANNED, error) : error;
  }
}
