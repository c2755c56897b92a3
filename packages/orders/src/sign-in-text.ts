import { isIdentityId } from "@flock/keys/pure";
import { type Fault, quoted, readTime } from "./text-lines.js";

/** What a wallet is asked to sign in with, in the fields of Sign-In With Solana (`SolanaSignInInput`). */
export interface SignInInput {
  /** Host, and port if there is one, of the site or API that is signed in to. */
  readonly domain: string;
  /** Wallet that signs. */
  readonly address: string;
  readonly statement: string;
  readonly uri: string;
  readonly version: "1";
  /** Letters and digits; no two texts have the same. */
  readonly nonce: string;
  /** ISO 8601, UTC. */
  readonly issuedAt: string;
  readonly expirationTime: string;
}

/** What a wallet's owner reads before he signs. */
export const SIGN_IN_STATEMENT =
  "Sign in to FlockOllamas. This moves no money; withdrawals and unstakes are signed for one by one.";

const TEXT_LENGTH_MAX = 1_024;
const NONCE = /^[0-9A-Za-z]{8,64}$/;

/**
 * The text that wallets show and sign, byte for byte as wallets themselves make it from the same fields (Sign-In With
 * Solana, after EIP-4361): https://github.com/phantom/sign-in-with-solana. Its printable first byte cannot begin a
 * transaction.
 */
export function signInText(input: SignInInput): string {
  return [
    `${input.domain} wants you to sign in with your Solana account:`,
    input.address,
    "",
    input.statement,
    "",
    `URI: ${input.uri}`,
    `Version: ${input.version}`,
    `Nonce: ${input.nonce}`,
    `Issued At: ${input.issuedAt}`,
    `Expiration Time: ${input.expirationTime}`,
  ].join("\n");
}

/**
 * Reads what {@link signInText} wrote for an API of ours, and nothing that merely resembles it. Which API that is,
 * whoever signs has to look at.
 */
export function readSignIn(text: string): (SignInInput & { readonly expiresMs: number }) | Fault {
  if (text.length > TEXT_LENGTH_MAX) return { fault: "the text is longer than any to sign in with" };
  const lines = text.split("\n");
  const domain = / wants you to sign in with your Solana account:$/.test(lines[0] ?? "")
    ? (lines[0]?.split(" ", 1)[0] ?? "")
    : "";
  const value = (line: number, name: string) => lines[line]?.slice(`${name}: `.length) ?? "";
  const input: SignInInput = {
    domain,
    address: lines[1] ?? "",
    statement: SIGN_IN_STATEMENT,
    uri: value(5, "URI"),
    version: "1",
    nonce: value(7, "Nonce"),
    issuedAt: value(8, "Issued At"),
    expirationTime: value(9, "Expiration Time"),
  };
  // Whatever else is in it, or in another order, makes another text.
  if (domain === "" || signInText(input) !== text) return { fault: "it is no text to sign in with" };
  if (!isIdentityId(input.address)) return { fault: `${quoted(input.address)} is not a wallet address` };
  if (!isOriginOf(input.uri, domain))
    return { fault: `URI: ${quoted(input.uri)} is not the origin of ${quoted(domain)}` };
  if (!NONCE.test(input.nonce)) return { fault: `Nonce: ${quoted(input.nonce)} is none` };
  const issuedMs = readTime(input.issuedAt, "Issued At");
  if (typeof issuedMs !== "number") return issuedMs;
  const expiresMs = readTime(input.expirationTime, "Expiration Time");
  if (typeof expiresMs !== "number") return expiresMs;
  return { ...input, expiresMs };
}

function isOriginOf(uri: string, domain: string): boolean {
  if (!/^https?:\/\//.test(uri) || !URL.canParse(uri)) return false;
  const { origin, host } = new URL(uri);
  return origin === uri && host === domain;
}
