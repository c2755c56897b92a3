import { FlockError } from "@flock/errors";
import type { AccountClaims } from "./account-claims.js";

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * The part of nats-server's configuration that turns accounts on. Nothing in it is secret. Accounts that are changed
 * while the server runs are kept in `resolverDirectory`, and win over those that stand here if they are newer.
 */
export function serverConfiguration(claims: AccountClaims, resolverDirectory: string): string {
  const { core, workers, system } = claims.accounts;
  const preload = [core, workers, system].map(({ id, jwt }) => `  ${id}: ${jwt}`);
  return `operator: ${claims.operatorJwt}
system_account: ${system.id}
# A client signs what the server sends it, which can take a busy machine longer than the two seconds of the default.
authorization { timeout: 5 }
resolver {
  type: full
  dir: ${JSON.stringify(resolverDirectory)}
  allow_delete: false
  interval: "2m"
}
resolver_preload {
${preload.join("\n")}
}
`;
}

export interface WebSocketListener {
  readonly host: string;
  readonly port: number;
  /** Paths of PEM files. Without them the listener must be on this machine, behind a proxy that ends TLS. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
}

/**
 * The part of nats-server's configuration that lets workers in over WebSocket, which firewalls take for HTTPS.
 * @throws FlockError `invalid_argument` if it would be in the clear for others than this machine
 */
export function webSocketConfiguration({ host, port, tls }: WebSocketListener): string {
  if (tls === undefined && !LOOPBACK.test(host))
    throw new FlockError(
      "invalid_argument",
      `a WebSocket listener on ${host} needs a certificate and its key`,
    );
  const security =
    tls === undefined
      ? "no_tls: true"
      : `tls { cert_file: ${JSON.stringify(tls.certFile)}, key_file: ${JSON.stringify(tls.keyFile)} }`;
  return `websocket {
  listen: ${JSON.stringify(`${host}:${port}`)}
  ${security}
}
`;
}
