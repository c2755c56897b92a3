import { draftDelegation, type EnrolmentApi, handInDelegation, readFacts } from "@flock/enrolment";
import { FlockError } from "@flock/errors";
import { generateIdentity, loadIdentity, loadOrCreateIdentity } from "@flock/keys";
import type { Logger } from "@flock/observability";
import { faultOfDelegation } from "@flock/orders";
import type { Delegation } from "@flock/proto/jobs";
import { type Delegations, isDue } from "./delegations.js";

/** What signs as the wallet, wherever its key is. It is shown delegations alone, which this process has composed. */
export interface WalletSigner {
  readonly address: string;
  sign(text: string): Promise<Uint8Array>;
}

/** The wallet in a key file, made if there is none. Its key is read for each signature, and then forgotten. */
export async function keyFileSigner(path: string): Promise<WalletSigner> {
  const { id: address } = await loadOrCreateIdentity(path);
  const sign = async (text: string): Promise<Uint8Array> => {
    const wallet = await loadIdentity(path);
    if (wallet.id !== address)
      throw new FlockError("failed_precondition", `${path} holds another key than ${address}`);
    return wallet.sign(Buffer.from(text, "utf8"));
  };
  return { address, sign };
}

/** Nothing is kept of it, and another one costs a signature: it need not last longer. */
const DELEGATION_LIFE_MS = 86_400_000;

export interface SignedDelegationsOptions {
  readonly api: EnrolmentApi;
  readonly signer: WalletSigner;
  readonly payout: string;
  readonly logger: Logger;
  /** Default: a day. */
  readonly lifeMs?: number;
}

/** Delegations by a wallet that signs whenever it is asked to, to a key that is fresh in each process. */
export class SignedDelegations implements Delegations {
  readonly workKey = generateIdentity();
  readonly #options: SignedDelegationsOptions;
  #kept: Delegation | undefined;

  constructor(options: SignedDelegationsOptions) {
    this.#options = options;
  }

  get workerId(): string {
    return this.#options.signer.address;
  }

  get payout(): string {
    return this.#options.payout;
  }

  async current(): Promise<Delegation> {
    const kept = this.#kept;
    if (kept === undefined) return this.another();
    const facts = readFacts(kept.text);
    if (!isDue(facts)) return kept;
    try {
      return await this.another();
    } catch (thrown) {
      const error = FlockError.from(thrown);
      // One of a banned wallet, too: its session is refused next.
      if (faultOfDelegation(facts, Date.now()) !== undefined) throw error;
      this.#options.logger.warn({ err: error }, "the delegation is not renewed; it still lasts");
      return kept;
    }
  }

  async another(): Promise<Delegation> {
    const { api, signer, payout, lifeMs = DELEGATION_LIFE_MS } = this.#options;
    const wish = { wallet: signer.address, payout, key: this.workKey.id, lifeMs };
    const text = await draftDelegation(api, wish);
    this.#kept = await handInDelegation(api, text, await signer.sign(text));
    return this.#kept;
  }
}
