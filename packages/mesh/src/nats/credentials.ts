import { readFileSync } from "node:fs";
import { FlockError } from "@flock/errors";
import { natsKeyOf } from "@flock/keys";
import type { Authenticator } from "@nats-io/nats-core";

const JWT = /^-{3,}BEGIN NATS USER JWT-{3,}\s+(\S+)\s+-{3,}END/m;
const SEED = /^-{3,}BEGIN USER NKEY SEED-{3,}\s+(\S+)\s+-{3,}END/m;

/**
 * Gives what NATS is shown when a connection is made: the text of a `.creds` file (a user's JWT and the seed of its
 * key). It is asked anew for each connection and reconnection, so that what has been renewed meanwhile is used.
 */
export type CredentialProvider = () => string;

/** The text that a {@link CredentialProvider} gives of a JWT and the seed that belongs to it. */
export function credentialsText(jwt: string, seed: string): string {
  return [
    ...["-----BEGIN NATS USER JWT-----", jwt, "------END NATS USER JWT------"],
    ...["-----BEGIN USER NKEY SEED-----", seed, "------END USER NKEY SEED------", ""],
  ].join("\n");
}

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
  const text = provider();
  const [, jwt] = JWT.exec(text) ?? [];
  const [, seed] = SEED.exec(text) ?? [];
  try {
    const { sign } = natsKeyOf(seed ?? "");
    if (jwt !== undefined)
      return (nonce) => ({ jwt, sig: Buffer.from(sign(Buffer.from(nonce ?? ""))).toString("base64url") });
  } catch {
    // Without the reason: it could show a piece of them.
  }
  throw new FlockError("failed_precondition", "the NATS credentials are not the text of a .creds file");
}
