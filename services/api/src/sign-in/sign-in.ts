import { randomBytes } from "node:crypto";
import { FlockError } from "@flock/errors";
import type { Clock } from "@flock/mesh";
import { isSignedBy, SIGN_IN_STATEMENT, type SignInInput, signInText } from "@flock/orders";
import { base58 } from "@scure/base";
import type { OpenLimits } from "../limits/open-limits.js";
import type { ChallengeStore } from "../store/challenge-store.js";
import type { NewSession, SessionStore } from "../store/session-store.js";

const CHALLENGE_LIFETIME_MS = 5 * 60_000;
const NONCE_BYTES = 16;

export interface SignInOptions {
  readonly challenges: ChallengeStore;
  readonly sessions: SessionStore;
  readonly openLimits: OpenLimits;
  /** Of this API, as its users know it: what the wallet shows, so that nobody signs in here for somebody else. */
  readonly publicUrl: () => string;
  readonly sessionLifetimeMs: number;
  /** What the times in the text are read from. */
  readonly clock: Clock;
}

export interface Challenge {
  /** To be signed as it is. */
  readonly message: string;
  readonly input: SignInInput;
}

/**
 * Signing in with a Solana wallet: the wallet is given a text, signs it, and gets a session of the account whose id is
 * its address. A text is good for one session, within five minutes, at whichever api process.
 */
export class SignIn {
  readonly #options: SignInOptions;

  constructor(options: SignInOptions) {
    this.#options = options;
  }

  /** Gives out a text for the wallet to sign. */
  async challenge(address: string): Promise<Challenge> {
    const url = new URL(this.#options.publicUrl());
    const issuedMs = this.#options.clock.unixMs();
    const expiresAt = new Date(issuedMs + CHALLENGE_LIFETIME_MS);
    const input: SignInInput = {
      domain: url.host,
      address,
      statement: SIGN_IN_STATEMENT,
      uri: url.origin,
      version: "1",
      nonce: base58.encode(randomBytes(NONCE_BYTES)),
      issuedAt: new Date(issuedMs).toISOString(),
      expirationTime: expiresAt.toISOString(),
    };
    const message = signInText(input);
    await this.#options.challenges.add(message, address, expiresAt);
    return { message, input };
  }

  /**
   * Begins the session of the wallet that signed the text.
   * @throws FlockError `unauthenticated`: not a text that was given out, or lapsed, or used; or not this wallet's
   *   signature (the text stays good: else anybody could use it up). `resource_exhausted`: the wallet signs in too
   *   often (the text stays good, too).
   */
  async open(message: string, signature: Uint8Array): Promise<NewSession & { readonly address: string }> {
    const { challenges, sessions, openLimits, sessionLifetimeMs } = this.#options;
    const address = await challenges.addressOf(message);
    if (address === undefined) throw unknownText();
    if (!isSignedBy(address, message, signature))
      throw new FlockError("unauthenticated", `the signature is not that of ${address} under this text`);
    openLimits.admitWallet(address);
    if (!(await challenges.use(message, address))) throw unknownText();
    return { address, ...(await sessions.create(address, sessionLifetimeMs)) };
  }
}

function unknownText(): FlockError {
  return new FlockError(
    "unauthenticated",
    "this text was not given out here, has lapsed, or was used: ask for a new one",
  );
}
