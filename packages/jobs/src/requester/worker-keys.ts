import {
  type Delegation as DelegationFacts,
  faultOfDelegation,
  isSignedBy,
  readDelegation,
} from "@flock/orders";
import type { Claim, Delegation } from "@flock/proto/jobs";
import { SignedKeys } from "@flock/sealing";
import { LRUCache } from "lru-cache";
import { privacyFor } from "../content/privacy.js";

/** Who signs for a worker under a lease. */
export interface Signatory {
  /** Base58 of the key. */
  readonly key: string;
  /** Whom its receipts must name as paid ("": nobody else than the worker); undefined: whom they like. */
  readonly payeeId?: string;
}

/** Why a claim is not believed, as a metric's label. */
export type KeyFault =
  | "malformed_delegation"
  | "foreign_delegation"
  | "lapsed_delegation"
  | "forged_delegation"
  | "foreign_sealing_key";

/** A delegation whose signature was checked. */
interface KnownDelegation {
  readonly text: string;
  readonly signature: Buffer;
  readonly lasts: Pick<DelegationFacts, "issuedMs" | "expiresMs">;
  readonly signatory: Signatory;
}

/** Workers whose last delegation is remembered: as many as sealing keys are. */
const WORKERS_MAX = 1_024;

/**
 * Whose keys workers claim with: the chain from a worker's id, which is its wallet's address, over the delegation that
 * the wallet has signed, to the sealing key. What was checked once costs no signature again.
 */
export class WorkerKeys {
  readonly #signedKeys = new SignedKeys();
  readonly #delegations = new LRUCache<string, KnownDelegation>({ max: WORKERS_MAX });

  /** Who signs for the worker that claims, if its claim proves that. The worker's id must be the sender's already. */
  signatoryOf(
    claim: Pick<Claim, "workerId" | "delegation" | "sealingKey" | "sealingSignature">,
    unixMs: number,
  ): Signatory | KeyFault {
    const { workerId, delegation, sealingKey, sealingSignature } = claim;
    const signatory = delegation ? this.#delegated(workerId, delegation, unixMs) : { key: workerId };
    if (typeof signatory === "string" || privacyFor(claim) === "plaintext") return signatory;
    // Who carries the claim could put a sealing key of its own in.
    const isOwn = this.#signedKeys.has(signatory.key, sealingKey, sealingSignature);
    return isOwn ? signatory : "foreign_sealing_key";
  }

  #delegated(workerId: string, { text, signature }: Delegation, unixMs: number): Signatory | KeyFault {
    const known = this.#delegations.get(workerId);
    if (known?.text === text && known.signature.equals(signature))
      return faultOfDelegation(known.lasts, unixMs) === undefined ? known.signatory : "lapsed_delegation";
    const read = readDelegation(text);
    if ("fault" in read) return "malformed_delegation";
    const { wallet, key, payout, issuedMs, expiresMs } = read;
    if (wallet !== workerId) return "foreign_delegation";
    if (faultOfDelegation(read, unixMs) !== undefined) return "lapsed_delegation";
    if (!isSignedBy(wallet, text, signature)) return "forged_delegation";
    const signatory = { key, payeeId: payout === wallet ? "" : payout };
    // A copy: the signature itself is a part of its whole message.
    const lasts = { issuedMs, expiresMs };
    this.#delegations.set(workerId, { text, signature: Buffer.from(signature), lasts, signatory });
    return signatory;
  }
}
