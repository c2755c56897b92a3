import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { isNativeError } from "node:util/types";
import { FlockError } from "@flock/errors";
import { hasWsProtocol, type NatsConnection, wsconnect } from "@nats-io/nats-core";
import { connect, type NodeConnectionOptions } from "@nats-io/transport-node";
import { WebSocket } from "ws";

/**
 * Whom a connection trusts, and what it shows. Each file is PEM, and read anew at each connection, so that a renewal
 * needs no restart.
 */
export interface NatsTlsFiles {
  /** Certificates of the authorities that servers must have theirs from. Absent: those that Node knows. */
  readonly caFile?: string;
  /** Our own certificate, where servers ask for one. */
  readonly certFile?: string;
  readonly keyFile?: string;
}

/** What the client says when it does not believe a server, in words alone: over WebSocket there is no code. */
const DISTRUST = /certificate|does not support 'tls'/i;

/**
 * Connects over TCP or, to URLs that begin with `ws:` or `wss:`, over WebSocket: what is left to a worker behind a
 * firewall. All URLs must be of the same kind. If one of them is `tls:` or `wss:`, or there are files, no connection is
 * in the clear, whatever a server says that it can do.
 * @throws FlockError `invalid_argument` for URLs that cannot be kept to that; `failed_precondition` for files that
 * cannot be read
 */
export async function connectNats(
  options: Omit<NodeConnectionOptions, "servers"> & { readonly servers: readonly string[] },
  files: NatsTlsFiles = {},
): Promise<NatsConnection> {
  const servers = [...options.servers];
  let content = contentOf(files);
  const isEncrypted = Object.keys(content).length > 0 || servers.some((url) => /^(tls|wss):/i.test(url));
  if (!hasWsProtocol({ servers })) {
    if (isEncrypted) requireNames(servers);
    return connect({ ...options, servers, ...(isEncrypted ? { tls: { ...files } } : {}) });
  }
  if (isEncrypted && servers.some((url) => !/^wss:/i.test(url)))
    throw new FlockError("invalid_argument", "NATS over WebSocket with TLS needs URLs that begin with wss:");
  // Not the platform's: Node 20 has none, and later ones cannot be told whom to trust.
  const wsFactory = async (url: string) => {
    try {
      content = contentOf(files);
    } catch {
      // The server says what it thinks of the last ones.
    }
    return { socket: new WebSocket(url, content), encrypted: /^wss:/i.test(url) };
  };
  // CAST: the client uses what both kinds of sockets have.
  return wsconnect({ ...options, servers, wsFactory } as unknown as Parameters<typeof wsconnect>[0]);
}

/** The client looks in a certificate for the host of the URL, but for `localhost` if that is an address. */
function requireNames(servers: readonly string[]): void {
  for (const server of servers) {
    const { hostname } = new URL(`tls://${server.replace(/^[a-z]+:\/\//i, "")}`);
    if (isIP(hostname.replace(/^\[(.*)\]$/, "$1")) !== 0)
      throw new FlockError("invalid_argument", `NATS over TLS needs the name of a host, and not ${hostname}`);
  }
}

/** Whether a connection failed because the server is not to be trusted: to wait would not help. */
export function isDistrust(error: unknown): error is Error {
  return isNativeError(error) && DISTRUST.test(error.message);
}

function contentOf({ caFile, certFile, keyFile }: NatsTlsFiles) {
  return {
    ...(caFile === undefined ? {} : { ca: readFile(caFile) }),
    ...(certFile === undefined ? {} : { cert: readFile(certFile) }),
    ...(keyFile === undefined ? {} : { key: readFile(keyFile) }),
  };
}

function readFile(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new FlockError("failed_precondition", `${file} cannot be read`, { cause });
  }
}
