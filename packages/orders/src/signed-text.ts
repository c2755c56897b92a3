import { isIdentityId, verifySignature } from "@flock/keys";
import { base58 } from "@scure/base";

const OFFCHAIN_DOMAIN = Buffer.from("\xffsolana offchain", "latin1");
/** Of the message: a text of several lines is "UTF-8" (1) to some tools and "ASCII" (0) to others. */
const FORMATS = [0, 1] as const;

/**
 * True if the wallet signed the text: as it is (browser wallets), or in Solana's off-chain message envelope, in the
 * form of the specification (application domain of zeros, one signer: hardware wallets) or of the command line tools.
 */
export function isSignedBy(wallet: string, text: string, signature: Uint8Array): boolean {
  const message = Buffer.from(text, "utf8");
  return [message, ...envelopes(wallet, message)].some((bytes) => verifySignature(wallet, bytes, signature));
}

function envelopes(wallet: string, message: Buffer): Buffer[] {
  // Nobody's signature is over more than an envelope can hold, or by what is no address.
  if (message.length > 0xffff || !isIdentityId(wallet)) return [];
  const length = Buffer.alloc(2);
  length.writeUInt16LE(message.length);
  const version = Buffer.of(0);
  const signers = Buffer.concat([Buffer.of(1), base58.decode(wallet)]);
  return FORMATS.flatMap((number) => {
    const format = Buffer.of(number);
    return [
      Buffer.concat([OFFCHAIN_DOMAIN, version, Buffer.alloc(32), format, signers, length, message]),
      Buffer.concat([OFFCHAIN_DOMAIN, version, format, length, message]),
    ];
  });
}
