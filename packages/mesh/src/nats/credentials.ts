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
 * Asks the provider once for each connection. If that fails after it had succeeded, the last credentials are shown: the
 * client would otherwise end the connection for good.
 * @throws what the provider throws the first time
 */
export function authenticatorOf(provider: CredentialProvider): Authenticator {
  const encoder = new TextEncoder();
  let last = provider();
  const current = (): string => {
    try {
      last = provider();
    } catch {
      // The server says what it thinks of the last ones.
    }
    return last;
  };
  return (nonce) => {
    try {
      return credsAuthenticator(encoder.encode(current()))(nonce);
    } catch {
      // Not with the reason: it could show a piece of the credentials.
      throw new FlockError("failed_precondition", "the NATS credentials are no text of a .creds file");
    }
  };
}
