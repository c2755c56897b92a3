import type { Signer } from "@flock/keys";
import type { Delegation as DelegationFacts } from "@flock/orders";
import type { Delegation } from "@flock/proto/jobs";

/** Where a worker's delegations come from. */
export interface Delegations {
  readonly workerId: string;
  /** Works in the wallet's name, as long as this process lives. */
  readonly workKey: Signer;
  /** Who is paid. */
  readonly payout: string;
  /**
   * The one to use now, renewed when it is time.
   * @throws FlockError if there is none that lasts
   */
  current(): Promise<Delegation>;
  /**
   * One in place of the current one, which the api knows no more.
   * @throws FlockError if there can be none without the wallet's owner
   */
  another(): Promise<Delegation>;
}

/** True when two thirds of its life are over. */
export function isDue({ issuedMs, expiresMs }: Pick<DelegationFacts, "issuedMs" | "expiresMs">): boolean {
  return Date.now() > issuedMs + ((expiresMs - issuedMs) * 2) / 3;
}
