import type { Clock } from "@flock/mesh";
import type { Identity, KeyIdentity, SessionIdentity } from "../identity.js";
import { SESSION_TOKENS } from "./bearer-secret.js";
import { requireLive } from "./permissions.js";

export interface CredentialsOptions {
  readonly keys: { identify(apiKey: string): MaybeLater<KeyIdentity | undefined> };
  readonly sessions: { find(token: string): Promise<SessionIdentity | undefined> };
  /** Says which keys have expired. */
  readonly clock: Clock;
}

type MaybeLater<T> = T | Promise<T>;

/** Whose keys and sessions are what clients show: the one way of every front to an identity. */
export class Credentials {
  readonly #options: CredentialsOptions;

  constructor(options: CredentialsOptions) {
    this.#options = options;
  }

  /**
   * Undefined: nobody's.
   * @throws FlockError `unauthenticated` if it is a key that has expired, `unavailable` when it cannot be told now.
   */
  async identify(credential: string): Promise<Identity | undefined> {
    const { keys, sessions, clock } = this.#options;
    if (SESSION_TOKENS.matches(credential)) return sessions.find(credential);
    const key = await keys.identify(credential);
    if (key !== undefined) requireLive(key, clock.unixMs());
    return key;
  }
}
