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
