import { faultOfWalletAddress, isIdentityId } from "@flock/keys/pure";
import { type Fault, fields, lines, quoted, readTime } from "./text-lines.js";

const TITLE = "FlockOllamas worker";
/** What a wallet's owner reads before he signs. */
const EFFECT = "this key may work in my name and sign receipts for it; it can move no money";
const NAMES = ["api", "wallet", "payout", "key", "challenge", "issued", "expires", "effect"] as const;

/** Longest time for which a wallet can let a key work. */
export const DELEGATION_LIFE_MS_MAX = 90 * 86_400_000;
/** How far the clocks of a worker and of an api may be apart. */
const CLOCK_SKEW_MS = 5 * 60_000;

/** A wallet lets a key of a worker's process work in its name. The wallet's own key is needed for nothing else. */
export interface Delegation {
  /** Origin of the api that the worker enrols at, such as `https://api.example`. */
  readonly api: string;
  /** Wallet that signs: who the worker is, to everybody. */
  readonly wallet: string;
  /** Wallet address that is paid. */
  readonly payout: string;
  /** Base58 of the worker's own Ed25519 key: it signs receipts, sealing keys, and asks for sessions. */
  readonly key: string;
  /** What the api gave for this text: letters and digits. */
  readonly challenge: string;
  readonly issuedMs: number;
  readonly expiresMs: number;
}

/** Letters and digits alone: whoever gives a challenge chooses nothing else of the text that is signed. */
const CHALLENGE = /^[1-9A-HJ-NP-Za-km-z]{16,44}$/;

/** True if a text may be put into a delegation as its challenge: a worker checks before its wallet signs. */
export function isChallenge(text: string): boolean {
  return CHALLENGE.test(text);
}

/** The text for a wallet to sign. */
export function delegationText(delegation: Delegation): string {
  const { api, wallet, payout, key, challenge, issuedMs, expiresMs } = delegation;
  const times = { issued: new Date(issuedMs).toISOString(), expires: new Date(expiresMs).toISOString() };
  return lines(TITLE, { api, wallet, payout, key, challenge, ...times, effect: EFFECT });
}

/** Reads what {@link delegationText} wrote, and nothing that merely resembles it. */
export function readDelegation(text: string): Delegation | Fault {
  const read = fields(text, TITLE, NAMES);
  if ("fault" in read) return read;
  const [api, wallet, payout, key, challenge, issued, expires, effect] = read.values;
  if (!isOrigin(api)) return { fault: `api: ${quoted(api)} is not an origin like https://api.example` };
  if (!isIdentityId(wallet)) return { fault: `wallet: ${quoted(wallet)} is not a wallet address` };
  const payoutFault = faultOfWalletAddress(payout);
  if (payoutFault !== undefined) return { fault: `payout: ${payoutFault}` };
  if (!isIdentityId(key)) return { fault: `key: ${quoted(key)} is not a key` };
  if (key === wallet) return { fault: "key: it is the wallet's own, which signs nothing but this text" };
  if (!isChallenge(challenge)) return { fault: `challenge: ${quoted(challenge)} is none` };
  const issuedMs = readTime(issued, "issued");
  if (typeof issuedMs !== "number") return issuedMs;
  const expiresMs = readTime(expires);
  if (typeof expiresMs !== "number") return expiresMs;
  if (expiresMs <= issuedMs || expiresMs - issuedMs > DELEGATION_LIFE_MS_MAX)
    return { fault: "expires: it lasts for at most 90 days from when it was issued" };
  if (effect !== EFFECT) return { fault: `effect: it does not say ${quoted(EFFECT)}` };
  return { api, wallet, payout, key, challenge, issuedMs, expiresMs };
}

/** What makes a well-formed delegation unusable now; undefined: nothing. */
export function faultOfDelegation(
  delegation: Pick<Delegation, "issuedMs" | "expiresMs">,
  nowMs: number,
): string | undefined {
  if (delegation.expiresMs <= nowMs)
    return `expires: it lapsed at ${new Date(delegation.expiresMs).toISOString()}`;
  if (delegation.issuedMs > nowMs + CLOCK_SKEW_MS)
    return `issued: it is now ${new Date(nowMs).toISOString()}, is your clock right?`;
  return undefined;
}

function isOrigin(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text;
}
