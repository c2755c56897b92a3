import type { CallOptions, Transport } from "../client/transport.js";
import {
  type Decoder,
  flag,
  type IsoTime,
  inside,
  members,
  object,
  text,
  time,
} from "../decoding/decoder.js";
import { signatureText } from "../signed-text.js";

export interface SignInChallenge {
  /** What the wallet signs. */
  readonly message: string;
  /** The same for wallets that speak Sign-In With Solana. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly expiresAt: IsoTime;
}

export interface Session {
  /** Goes where a key goes. */
  readonly sessionToken: string;
  readonly account: string;
  readonly expiresAt: IsoTime;
}

export interface SignInResource {
  challenge(address: string, options?: CallOptions): Promise<SignInChallenge>;
  open(
    signed: { readonly message: string; readonly signature: string | Uint8Array },
    options?: CallOptions,
  ): Promise<Session>;
  /** @param request everywhere: all sessions of the account. */
  signOut(request?: { readonly everywhere?: boolean | undefined }, options?: CallOptions): Promise<void>;
}

const challenge: Decoder<SignInChallenge> = object<SignInChallenge>({
  message: text,
  input: members,
  expiresAt: time,
});
const session: Decoder<Session> = object<Session>({ sessionToken: text, account: text, expiresAt: time });
const signedOut: Decoder<void> = (value, field) => {
  inside("signed_out", flag)(value, field);
};

export function signInResource(transport: Transport): SignInResource {
  return {
    challenge: (address, options) =>
      transport.ask({ method: "POST", path: "/sign-in/challenge", body: { address } }, challenge, options),
    open: ({ message, signature }, options) =>
      transport.ask(
        { method: "POST", path: "/sign-in", body: { message, signature: signatureText(signature) } },
        session,
        options,
      ),
    signOut: ({ everywhere } = {}, options) =>
      transport.ask({ method: "POST", path: "/sign-out", body: { everywhere } }, signedOut, options),
  };
}
