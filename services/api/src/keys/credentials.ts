import { FlockError } from "@flock/errors";
import type { Identity } from "../identity.js";
import { API_KEYS, SESSION_TOKENS } from "./bearer-secret.js";

/** Sessions are what a wallet signs in for; API keys are what programs have. */
export type CredentialKinds = "key" | "session" | "either";

/**
 * Whose key or session it is, that came from this address; undefined: nobody's. Throws `unavailable` when that cannot
 * be told now, `resource_exhausted` when the address guesses.
 */
export type Identify = (
  credential: string,
  client: string,
) => Promise<Identity | undefined> | Identity | undefined;

const NAMES: Readonly<Record<CredentialKinds, string>> = {
  key: "API key",
  session: "session",
  either: "API key or session",
};

/**
 * Whom the credential of a request speaks for.
 * @param takes Which credentials the request takes.
 * @param client The address that it came from.
 * @throws FlockError `unauthenticated` without a known one; `permission_denied` for a key where a session is needed.
 */
export async function identityOf(
  credential: string | undefined,
  takes: CredentialKinds,
  identify: Identify,
  client: string,
): Promise<Identity> {
  const wanted = NAMES[takes];
  if (credential === undefined) throw new FlockError("unauthenticated", `unauthorized: missing ${wanted}`);
  if (takes === "key" && SESSION_TOKENS.matches(credential))
    throw new FlockError("unauthenticated", "unauthorized: a session is not an API key, but can make one");
  if (takes === "session" && API_KEYS.matches(credential))
    throw new FlockError("permission_denied", "an API key may not do this: sign in with the wallet");
  const identity = await identify(credential, client);
  if (identity === undefined) throw new FlockError("unauthenticated", `unauthorized: invalid ${wanted}`);
  return identity;
}

const BEARER = /^bearer +(\S+) *$/i;

/** The credential in an `Authorization` header; undefined if it is in no form that we take. */
export function bearerOf(authorization: string | undefined): string | undefined {
  return BEARER.exec(authorization ?? "")?.[1];
}
