import { checkSignature, isIdentityId, type SignatureCheck } from "@flock/keys/pure";
import { base58 } from "@scure/base";

/** Before every message in an envelope, so that it is no transaction: a first byte that none begins with. */
const OFFCHAIN_DOMAIN = Uint8Array.of(0xff, ...utf8("solana offchain"));
const VERSION = 0;
const APPLICATION_DOMAIN = new Uint8Array(32);
/** Of the message: a text of several lines is "UTF-8" (1) to some tools and "ASCII" (0) to others. */
const FORMATS = [0, 1] as const;
/** What an envelope can hold. */
const MESSAGE_BYTES_MAX = 0xffff;

/**
 * What a wallet may have signed when it signed a text: the text as it is (browser wallets), or in Solana's off-chain
 * message envelope, in the form of the specification (application domain of zeros, one signer: hardware wallets) or of
 * the command line tools.
 */
export function signedForms(wallet: string, text: string): Uint8Array[] {
  const message = utf8(text);
  // Nobody's signature is over more than an envelope can hold, or by what is no address.
  if (message.length > MESSAGE_BYTES_MAX || !isIdentityId(wallet)) return [message];
  const signers = Uint8Array.of(1, ...base58.decode(wallet));
  const length = Uint8Array.of(message.length & 0xff, message.length >> 8);
  return [
    message,
    ...FORMATS.flatMap((format) => [
      Uint8Array.of(
        ...OFFCHAIN_DOMAIN,
        VERSION,
        ...APPLICATION_DOMAIN,
        format,
        ...signers,
        ...length,
        ...message,
      ),
      Uint8Array.of(...OFFCHAIN_DOMAIN, VERSION, format, ...length, ...message),
    ]),
  ];
}

/** As `isSignedBy`, where there is no Node. */
export async function checkSignedText(
  wallet: string,
  text: string,
  signature: Uint8Array,
): Promise<SignatureCheck> {
  for (const form of signedForms(wallet, text)) {
    const check = await checkSignature(wallet, form, signature);
    if (check !== "invalid") return check;
  }
  return "invalid";
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
