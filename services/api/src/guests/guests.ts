import { FlockError } from "@flock/errors";
import type { Clock } from "@flock/mesh";
import type { KeyIdentity } from "../identity.js";
import type { KeyDirectory } from "../keys/key-directory.js";
import { inferenceKeyOf } from "../keys/permissions.js";
import type { OpenLimits } from "../limits/open-limits.js";
import type { GuestKey } from "./guest-key.js";
import type { GuestLimits, GuestTerms } from "./guest-limits.js";

export interface GuestsOptions {
  readonly key: Pick<GuestKey, "read">;
  readonly limits: GuestLimits;
  readonly keys: Pick<KeyDirectory, "identify">;
  readonly openLimits: Pick<OpenLimits, "refusalOfClient">;
  readonly clock: Clock;
}

/** Serves who shows no key at all as one key, whose account pays and whose limits bound all guests together. */
export class Guests {
  readonly #options: GuestsOptions;

  constructor(options: GuestsOptions) {
    this.#options = options;
  }

  /**
   * As whom a guest is served; undefined: none is, because the key is not there, or may not use models.
   * @param client The address that the guest's request came from.
   * @throws FlockError `resource_exhausted` if the address asks too often, `unavailable` when the key cannot be checked
   *   now.
   */
  async identify(client: string): Promise<KeyIdentity | undefined> {
    const refusal = this.#options.openLimits.refusalOfClient(client, "read");
    if (refusal !== undefined) throw refusal;
    const { limits } = this.#options;
    const identity = await this.#usableKey();
    if (identity === undefined) return undefined;
    const { completionTokensMax } = limits.terms;
    return { ...identity, guest: { completionTokensMax, begin: () => limits.begin(client) } };
  }

  /** What guests may have; undefined: none is served now. */
  async terms(): Promise<GuestTerms | undefined> {
    return (await this.#usableKey()) === undefined ? undefined : this.#options.limits.terms;
  }

  async #usableKey(): Promise<KeyIdentity | undefined> {
    const { key, keys, clock } = this.#options;
    const apiKey = await key.read();
    const identity = apiKey === undefined ? undefined : await keys.identify(apiKey);
    if (identity === undefined) return undefined;
    try {
      return inferenceKeyOf(identity, clock.unixMs());
    } catch (thrown) {
      // Over, or for other things: a guest is told that he needs a key, and not what is wrong with one that is not his.
      if (thrown instanceof FlockError) return undefined;
      throw thrown;
    }
  }
}
