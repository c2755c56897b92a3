import { FlockError } from "@flock/errors";
import type { Identity } from "../identity.js";
import type { RequestContext } from "../request-context.js";
import { API_KEYS, SESSION_TOKENS } from "./bearer-secret.js";

/** Sessions are what a wallet signs in for; API keys are what programs have. */
export type CredentialKinds = "key" | "session" | "either";

/**
 * Whose key or session it is, that came from this address; undefined: nobody's. No credential: as whom a guest is
 * served; undefined: no guest is. Throws `unavailable` when that cannot be told now, `resource_exhausted` when the
 * address guesses, or has too many guests.
 */
export type Identify = (
  credential: string | undefined,
  client: string,
) => Promise<Identity | undefined> | Identity | undefined;

const NAMES: Readonly<Record<CredentialKinds, string>> = {
  key: "API key",
  session: "session",
  either: "API key or session",
};

/** What a request shows, and where it came from. */
export interface Shown {
  readonly credential: string | undefined;
  /** Whether it shows nothing at all, and does not come from somebody else's page: then it may be a guest's. */
  readonly mayBeGuest: boolean;
  /** Which credentials the request takes. */
  readonly takes: CredentialKinds;
  /** The client's address. */
  readonly client: string;
}

/**
 * Notes in the context whom the credential of a request speaks for.
 * @throws FlockError as {@link Identify} does; `unauthenticated` without a known one; `permission_denied` for a key
 *   where a session is needed.
 */
export async function identifyRequest(
  context: RequestContext,
  { credential, mayBeGuest, takes, client }: Shown,
  identify: Identify,
): Promise<void> {
  const wanted = NAMES[takes];
  if (credential === undefined) {
    const guest =
      mayBeGuest && takes === "key" ? await identified(context, identify, undefined, client) : undefined;
    if (guest === undefined) throw new FlockError("unauthenticated", `unauthorized: missing ${wanted}`);
    context.identify(guest);
    return;
  }
  if (takes === "key" && SESSION_TOKENS.matches(credential))
    throw new FlockError("unauthenticated", "unauthorized: a session is not an API key, but can make one");
  if (takes === "session" && API_KEYS.matches(credential))
    throw new FlockError("permission_denied", "an API key may not do this: sign in with the wallet");
  const identity = await identified(context, identify, credential, client);
  if (identity === undefined) throw new FlockError("unauthenticated", `unauthorized: invalid ${wanted}`);
  context.identify(identity);
}

/** Whoever guesses does not get to fill the log. */
async function identified(
  context: RequestContext,
  identify: Identify,
  credential: string | undefined,
  client: string,
) {
  try {
    return await identify(credential, client);
  } catch (thrown) {
    if (FlockError.from(thrown).code === "resource_exhausted") context.leaveUnlogged();
    throw thrown;
  }
}

const BEARER = /^bearer +(\S+) *$/i;

/** The credential in an `Authorization` header; undefined if it is in no form that we take. */
export function bearerOf(authorization: string | undefined): string | undefined {
  return BEARER.exec(authorization ?? "")?.[1];
}
