import { FlockError } from "@flock/errors";
import { faultOfWalletAddress, generateIdentity } from "@flock/keys";
import { DELEGATION_LIFE_MS_MAX, type Delegation as DelegationFacts } from "@flock/orders";
import { base58 } from "@scure/base";
import { draftDelegation, handInDelegation, readFacts } from "./delegate.js";
import type { EnrolmentApi } from "./enrolment-api.js";
import { readEnrolment, writeEnrolment } from "./enrolment-file.js";

const DAY_MS = 86_400_000;
/** The most that a delegation may last. */
export const DELEGATION_DAYS_MAX = DELEGATION_LIFE_MS_MAX / DAY_MS;

/** A wallet whose key is elsewhere, and the file in which its worker's key and the delegation are kept. */
export interface ElsewhereOptions {
  readonly api: EnrolmentApi;
  readonly wallet: string;
  readonly file: string;
  /** Who is paid; default: the wallet. */
  readonly payout?: string | undefined;
}

/**
 * First step: keeps the text that the wallet is to sign, and resolves with it.
 * @param days a whole number, as it was typed
 * @throws FlockError
 */
export async function draftElsewhere(options: ElsewhereOptions, days: string): Promise<string> {
  const { api, wallet, file, payout = wallet } = options;
  checkedAddress("--wallet <address>", wallet);
  const lifeMs = checkedDays(days) * DAY_MS;
  checkedAddress("--payout", payout);
  const kept = await readEnrolment(file);
  // A worker that runs with this key goes on with it.
  const key = kept?.key ?? generateIdentity();
  const text = await draftDelegation(api, { wallet, payout, key: key.id, lifeMs });
  await writeEnrolment(file, { ...kept, key, draft: text });
  return text;
}

/**
 * Second step: hands in what the wallet has signed, keeps it, and resolves with what it says.
 * @param signature in base58
 * @throws FlockError
 */
export async function completeElsewhere(
  { api, wallet, file, payout }: ElsewhereOptions,
  signature: string,
): Promise<DelegationFacts> {
  checkedAddress("--wallet <address>", wallet);
  const bytes = checkedSignature(signature);
  const kept = await readEnrolment(file);
  if (kept?.draft === undefined) {
    const message = `${file} waits for no signature: run the command without one`;
    throw new FlockError("failed_precondition", message);
  }
  const { key, draft: text } = kept;
  const facts = readFacts(text);
  const isAsked =
    facts.api === api.origin && facts.wallet === wallet && (payout ?? facts.payout) === facts.payout;
  if (!isAsked) {
    const is = `the text in ${file} is for ${facts.wallet} at ${facts.api}, paid to ${facts.payout}`;
    throw new FlockError("failed_precondition", `${is}: run the command without --signature`);
  }
  await writeEnrolment(file, { key, delegation: await handInDelegation(api, text, bytes) });
  return facts;
}

function checkedAddress(option: string, address: string): void {
  const fault = faultOfWalletAddress(address);
  if (fault !== undefined) throw new FlockError("invalid_argument", `${option}: ${fault}`);
}

function checkedDays(text: string): number {
  const days = Number(text);
  if (Number.isInteger(days) && days >= 1 && days <= DELEGATION_DAYS_MAX) return days;
  throw new FlockError("invalid_argument", `--days is a whole number from 1 to ${DELEGATION_DAYS_MAX}`);
}

function checkedSignature(text: string): Uint8Array {
  try {
    return base58.decode(text.trim());
  } catch {
    throw new FlockError("invalid_argument", "--signature is not base58, as the Solana tools print it");
  }
}
