import type { Clock } from "@flock/mesh";
import type { Guests } from "../guests/guests.js";
import type { Identity, SessionIdentity } from "../identity.js";
import type { OpenLimits } from "../limits/open-limits.js";
import { SESSION_TOKENS } from "./bearer-secret.js";
import type { KeyDirectory } from "./key-directory.js";
import type { KeyUses } from "./key-uses.js";
import { requireLive } from "./permissions.js";

export interface KnownCredentialsOptions {
  readonly keys: Pick<KeyDirectory, "identify">;
  readonly sessions: { find(token: string): Promise<SessionIdentity | undefined> };
  readonly openLimits: Pick<OpenLimits, "countWrongKey" | "refusalOfGuesses">;
  /** Absent: nobody is served without a key. */
  readonly guests: Pick<Guests, "identify"> | undefined;
  readonly uses: Pick<KeyUses, "note">;
  /** Says which keys have expired. */
  readonly clock: Clock;
}

/**
 * Whose keys and sessions are what clients show: the one way of every front to an identity. An address that has shown
 * too many wrong ones is let in with keys that are known here alone, and nothing else of it is looked up: whoever works
 * behind the same address goes on.
 */
export class KnownCredentials {
  readonly #options: KnownCredentialsOptions;

  constructor(options: KnownCredentialsOptions) {
    this.#options = options;
  }

  /**
   * Undefined: nobody's.
   * @param credential None: a guest's.
   * @param client The address that it came from.
   * @throws FlockError `unauthenticated` if it is a key that has expired, `resource_exhausted` if the address guesses
   *   or has too many guests, `unavailable` when it cannot be told now.
   */
  async identify(credential: string | undefined, client: string): Promise<Identity | undefined> {
    const { openLimits, guests } = this.#options;
    if (credential === undefined) return guests?.identify(client);
    const identity = await this.#find(credential, () => {
      const refusal = openLimits.refusalOfGuesses(client);
      if (refusal !== undefined) throw refusal;
    });
    if (identity === undefined) openLimits.countWrongKey(client);
    return identity;
  }

  async #find(credential: string, onUnknown: () => void): Promise<Identity | undefined> {
    const { keys, sessions, uses, clock } = this.#options;
    if (SESSION_TOKENS.matches(credential)) {
      onUnknown();
      return sessions.find(credential);
    }
    const key = await keys.identify(credential, onUnknown);
    if (key === undefined) return undefined;
    requireLive(key, clock.unixMs());
    uses.note(key.keyId);
    return key;
  }
}
