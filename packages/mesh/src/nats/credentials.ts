import { readFileSync } from "node:fs";
import { FlockError } from "@flock/errors";
import { type Authenticator, credsAuthenticator } from "@nats-io/nats-core";

/**
 * Gives what NATS is shown when a connection is made: the text of a `.creds` file (a user's JWT and the seed of its
 * key). It is asked anew for each connection and reconnection, so that what has been renewed meanwhile is used.
 */
export type CredentialProvider = () => string;

/** Reads the file anew whenever it is asked: whoever renews credentials replaces the file. */
export function credentialsFile(path: string): CredentialProvider {
  return () => {
    try {
      return readFileSync(path, "utf8");
    } catch (cause) {
      throw new FlockError("failed_precondition", `the NATS credentials ${path} cannot be read`, { cause });
    }
  };
}

/**
 * Asks the provider once for each connection. If it fails after it had succeeded, or what it gives cannot be used, the
 * last credentials are shown: the client would otherwise end the connection for good.
 * @throws what the provider throws the first time; FlockError `failed_precondition` if what it gives are no credentials
 */
export function authenticatorOf(provider: CredentialProvider): Authenticator {
  let last = credentialsOf(provider);
  return (nonce) => {
    try {
      last = credentialsOf(provider);
    } catch {
      // The server says what it thinks of the last ones.
    }
    return last(nonce);
  };
}

function credentialsOf(provider: CredentialProvider): Authenticator {
  const authenticator = credsAuthenticator(new TextEncoder().encode(provider()));
  try {
    authenticator("a nonce");
  } catch {
    // Without the reason: it could show a piece of them.
    throw new FlockError("failed_precondition", "the NATS credentials are not the text of a .creds file");
  }
  return authenticator;
}
