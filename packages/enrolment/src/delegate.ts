import { FlockError } from "@flock/errors";
import {
  type Delegation as DelegationFacts,
  delegationText,
  isChallenge,
  isSignedBy,
  readDelegation,
} from "@flock/orders";
import type { Delegation } from "@flock/proto/jobs";
import type { EnrolmentApi } from "./enrolment-api.js";

/** What a wallet is to allow. */
export type DelegationWish = Pick<DelegationFacts, "wallet" | "payout" | "key"> & {
  readonly lifeMs: number;
};

/**
 * The text for the wallet to sign. All of it is composed here: of what the api answers only the challenge gets in,
 * which is one word.
 * @throws FlockError `failed_precondition` if the api calls itself by another origin, or gives no challenge
 */
export async function draftDelegation(api: EnrolmentApi, wish: DelegationWish): Promise<string> {
  const { wallet, payout, key, lifeMs } = wish;
  const answer = await api.challenge(wallet);
  if (answer.api !== api.origin)
    throw unsigned(
      `${api.origin} wants a delegation for ${JSON.stringify(answer.api.slice(0, 100))}`,
      "call it by the URL that it is known by, its API_PUBLIC_URL",
    );
  if (!isChallenge(answer.challenge))
    throw unsigned(`${api.origin} gives a challenge that is none`, "is that a FlockOllamas API?");
  const issuedMs = Date.now();
  const { challenge } = answer;
  const text = delegationText({
    ...{ api: api.origin, wallet, payout, key, challenge },
    ...{ issuedMs, expiresMs: issuedMs + lifeMs },
  });
  readFacts(text);
  return text;
}

/**
 * Hands in what the wallet has signed.
 * @throws FlockError `unauthenticated` if the wallet has not, and nothing was handed in; what the api refuses it with
 */
export async function handInDelegation(
  api: EnrolmentApi,
  text: string,
  signature: Uint8Array,
): Promise<Delegation> {
  const { wallet, key, payout } = readFacts(text);
  if (!isSignedBy(wallet, text, signature))
    throw new FlockError("unauthenticated", `this is not a signature of ${wallet} over the text`);
  const answer = await api.delegate({ text, signature });
  if (answer.worker_id !== wallet || answer.key !== key || answer.payout !== payout)
    throw new FlockError("failed_precondition", `${api.origin} has taken the delegation for another one`);
  return { text, signature };
}

/**
 * What a delegation says.
 * @throws FlockError `invalid_argument` if it is none
 */
export function readFacts(text: string): DelegationFacts {
  const read = readDelegation(text);
  if ("fault" in read) throw new FlockError("invalid_argument", `the delegation is none: ${read.fault}`);
  return read;
}

function unsigned(what: string, advice: string): FlockError {
  return new FlockError("failed_precondition", `${what}: nothing was signed (${advice})`);
}
