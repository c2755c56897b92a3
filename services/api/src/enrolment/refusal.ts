import { FlockError, type FlockErrorCode, type FlockErrorOptions } from "@flock/errors";

/** Why a worker is refused, and the code that it is told. */
export const REFUSALS = {
  /** The text is none of ours, or says what cannot be. */
  text: "invalid_argument",
  /** Its time is not now. */
  clock: "invalid_argument",
  /** It is for another api. */
  origin: "invalid_argument",
  /** The key is another wallet's. */
  taken: "invalid_argument",
  signature: "unauthenticated",
  challenge: "unauthenticated",
  /** Nobody has delegated to the key. */
  unknown: "unauthenticated",
  /** The delegation has lapsed. */
  lapsed: "unauthenticated",
  banned: "permission_denied",
  /** The verifier found its worker to cheat. */
  convicted: "permission_denied",
  /** The worker has had too many sessions lately. */
  sessions: "resource_exhausted",
  /** No worker enrols here. */
  closed: "unavailable",
  /** The issuer or NATS cannot be used at the moment. */
  away: "unavailable",
} as const satisfies Readonly<Record<string, FlockErrorCode>>;

export type RefusalReason = keyof typeof REFUSALS;

/** What a worker is told that may not enrol. */
export class EnrolmentRefusal extends FlockError {
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string, options?: Pick<FlockErrorOptions, "cause" | "retry">) {
    super(REFUSALS[reason], message, options);
    this.reason = reason;
  }
}
