import { type EnrolmentApi, readEnrolment, readFacts } from "@flock/enrolment";
import { FlockError } from "@flock/errors";
import type { Identity } from "@flock/keys";
import type { Logger } from "@flock/observability";
import { type Delegation as DelegationFacts, faultOfDelegation } from "@flock/orders";
import type { Delegation } from "@flock/proto/jobs";
import { type Delegations, isDue } from "./delegations.js";

export interface KeptDelegationsOptions {
  readonly api: EnrolmentApi;
  /** Address of a wallet whose key is elsewhere. */
  readonly wallet: string;
  readonly file: string;
  readonly logger: Logger;
}

interface Read {
  readonly key: Identity;
  readonly delegation: Delegation;
  readonly facts: DelegationFacts;
}

/**
 * Delegations by a wallet that signs elsewhere, with its owner's hand: `flock-worker enrol` writes them into the file,
 * also while the worker runs.
 */
export class KeptDelegations implements Delegations {
  readonly #options: KeptDelegationsOptions;
  #read: Read;

  private constructor(options: KeptDelegationsOptions, read: Read) {
    this.#options = options;
    this.#read = read;
  }

  /** @throws FlockError `failed_precondition` if the file has no delegation of that wallet for that api that lasts */
  static async open(options: KeptDelegationsOptions): Promise<KeptDelegations> {
    return new KeptDelegations(options, await readDelegated(options));
  }

  get workerId(): string {
    return this.#options.wallet;
  }

  get workKey(): Identity {
    return this.#read.key;
  }

  get payout(): string {
    return this.#read.facts.payout;
  }

  async current(): Promise<Delegation> {
    if (isDue(this.#read.facts)) await this.#readAgain();
    const { delegation, facts } = this.#read;
    const fault = faultOfDelegation(facts, Date.now());
    if (fault !== undefined) throw this.#unusable(`the delegation cannot be used: ${fault}`);
    if (isDue(facts)) {
      const expires = new Date(facts.expiresMs).toISOString();
      const command = commandOf(this.#options, this.payout);
      this.#options.logger.error(
        { expires, command },
        "the wallet must soon sign again, or the worker stops",
      );
    }
    return delegation;
  }

  async another(): Promise<Delegation> {
    const before = this.#read.delegation.text;
    await this.#readAgain();
    const { delegation } = this.#read;
    if (delegation.text !== before) return delegation;
    throw this.#unusable(`${this.#options.api.origin} knows the delegation no more`);
  }

  #unusable(what: string): FlockError {
    return unusable(this.#options, what, this.payout);
  }

  /** Another key, or another payee, would not go with the leases that run. */
  async #readAgain(): Promise<void> {
    const read = await readDelegated(this.#options).catch(() => undefined);
    if (read === undefined) return;
    const { key, facts } = this.#read;
    if (read.key.id === key.id && read.facts.payout === facts.payout) this.#read = read;
    else this.#options.logger.warn("the enrolment is another one now: restart the worker to use it");
  }
}

async function readDelegated(options: KeptDelegationsOptions): Promise<Read> {
  const { api, wallet, file } = options;
  const kept = await readEnrolment(file);
  if (kept?.delegation === undefined) throw unusable(options, `${file} holds no delegation`);
  const { key, delegation } = kept;
  const facts = readFacts(delegation.text);
  const isOurs = facts.wallet === wallet && facts.key === key.id && facts.api === api.origin;
  if (!isOurs) throw unusable(options, `${file} holds no delegation by ${wallet} for ${api.origin}`);
  return { key, delegation, facts };
}

function unusable(options: KeptDelegationsOptions, what: string, payout?: string): FlockError {
  return new FlockError("failed_precondition", `${what}: "${commandOf(options, payout)}" makes another`);
}

/** Of whoever only has the worker's package. It has the same wallet paid: for another one the worker would restart. */
function commandOf({ api, wallet, file }: KeptDelegationsOptions, payout = wallet): string {
  const command = `flock-worker enrol --api ${api.origin} --wallet ${wallet} --enrolment ${file}`;
  return payout === wallet ? command : `${command} --payout ${payout}`;
}
