import { FlockError } from "@flock/errors";
import type { Logger, Meter } from "@flock/observability";
import {
  AuthorizationError,
  createInbox,
  type NatsConnection,
  type Status,
  UserAuthenticationExpiredError,
} from "@nats-io/nats-core";
import { delay, waitAtMost } from "../runtime/delay.js";
import { authenticatorOf, type CredentialProvider } from "./credentials.js";
import { DroppedMessages } from "./dropped-messages.js";
import { reconnectGently } from "./gentle-reconnect.js";
import { connectNats, isDistrust, type NatsTlsFiles } from "./transport.js";
import { coalesceWrites } from "./write-coalescing.js";

export interface MeshOptions {
  /** NATS server URL, or several separated by commas; `tls:` for TLS, `ws:` and `wss:` for WebSocket. */
  natsUrl: string;
  /** Absent: authorities that Node knows, and no certificate of our own. */
  tls?: NatsTlsFiles;
  /** Shown by the server's monitoring; usually the service's name. */
  name: string;
  logger: Logger;
  meter: Meter;
  /** Absent: NATS lets in whoever comes, or the URL says who that is. */
  credentials?: CredentialProvider;
  /** What the reply subjects of this connection begin with, where its credentials allow only that. */
  inboxPrefix?: string;
  /** How long the first connection is tried for. Default 60 s: NATS may be starting beside us. */
  connectTimeoutMs?: number;
  /** Gives up the first connection with the signal's reason; no effect on a connection that stands. */
  signal?: AbortSignal;
  /**
   * NATS has refused the credentials of a connection that had stood, again and again for {@link refusalsMaxMs}: it is
   * closed.
   */
  onRefused?: (error: FlockError) => void;
  /** Default 15 s. Infinity: whoever gives the credentials decides when to give up. */
  refusalsMaxMs?: number;
}

/**
 * A connection to the mesh. It reconnects for ever with jittered backoff; subscriptions survive that by themselves.
 * `onReconnect` listeners run after each reconnection (to re-create what lives in the server's memory).
 */
export interface Mesh {
  readonly nats: NatsConnection;
  readonly logger: Logger;
  readonly meter: Meter;
  readonly dropped: DroppedMessages;
  isConnected(): boolean;
  /** A fresh reply subject. */
  newInbox(): string;
  /** Returns how to stop being told. */
  onReconnect(listener: () => void): () => void;
  /** Connects anew, with what `credentials` gives now. Nothing that is published meanwhile is lost. */
  reconnect(): Promise<void>;
  /** Flushes what was published and closes. */
  close(): Promise<void>;
}

const RECONNECT_WAIT_MS = 100;
const RECONNECT_JITTER_MS = 200;
const FIRST_RETRY_MS = 100;
const CLOSE_TIMEOUT_MS = 2_000;
/** What is published waits no longer than this for a connection that is made anew. */
const RECONNECT_MS_MAX = 2_000;
/** Of one attempt to connect: the client's own default. */
const ATTEMPT_TIMEOUT_MS = 20_000;
/** Credentials can be renewed meanwhile, and a cluster needs a moment to agree on an account. */
const REFUSALS_MAX_MS = 15_000;
/** Whoever is refused asks less often. */
const REFUSED_WAIT_MS = 1_000;

/** Since when NATS refuses the credentials. */
interface Refusals {
  sinceMs: number | undefined;
}

async function firstConnection(options: MeshOptions, refusals: Refusals): Promise<NatsConnection> {
  const connectTimeoutMs = options.connectTimeoutMs ?? 60_000;
  const deadline = performance.now() + connectTimeoutMs;
  const { credentials, inboxPrefix } = options;
  const authenticator = credentials === undefined ? undefined : authenticatorOf(credentials);
  for (let attempt = 0; ; attempt++) {
    try {
      const connection = {
        servers: options.natsUrl.split(",").map((server) => server.trim()),
        name: options.name,
        maxReconnectAttempts: -1,
        reconnectDelayHandler: () =>
          (refusals.sinceMs === undefined ? RECONNECT_WAIT_MS : REFUSED_WAIT_MS) +
          Math.random() * RECONNECT_JITTER_MS,
        // When to give up is decided here: the client would at the second refusal, however long after the first.
        ignoreAuthErrorAbort: true,
        timeout: Math.min(ATTEMPT_TIMEOUT_MS, connectTimeoutMs),
        pingInterval: 10_000,
        maxPingOut: 2,
        // A stack trace for every request that might fail costs more than the request; errors name their subject.
        noAsyncTraces: true,
        ...(authenticator === undefined ? {} : { authenticator }),
        ...(inboxPrefix === undefined ? {} : { inboxPrefix }),
      };
      return await connectNats(connection, options.tls);
    } catch (cause) {
      if (cause instanceof FlockError) throw cause;
      if (isRefusal(cause)) throw refusedBy(options, cause);
      if (isDistrust(cause)) throw distrusted(options, cause);
      if (performance.now() >= deadline) {
        throw new FlockError("unavailable", `cannot reach NATS at ${redactUrl(options.natsUrl)}`, { cause });
      }
      if (attempt % 50 === 0)
        options.logger.warn({ natsUrl: redactUrl(options.natsUrl) }, "waiting for NATS");
      await delay(FIRST_RETRY_MS, options.signal);
      options.signal?.throwIfAborted();
    }
  }
}

/** Whether NATS does not let us in with these credentials. A busy server that lost patience has not looked at them. */
function isRefusal(error: unknown): error is Error {
  if (error instanceof UserAuthenticationExpiredError) return true;
  if (error instanceof AuthorizationError) return !/timeout/i.test(error.message);
  // The client knows no type of its own for this one.
  return error instanceof Error && /authentication revoked/i.test(error.message);
}

function refusedBy({ natsUrl, credentials }: MeshOptions, cause: Error): FlockError {
  const shown = credentials === undefined ? "a connection without credentials" : "these credentials";
  const message = `NATS at ${redactUrl(natsUrl)} refuses ${shown} (${cause.message})`;
  return new FlockError("unauthenticated", message, { cause });
}

function distrusted({ natsUrl }: MeshOptions, cause: Error): FlockError {
  const message = `NATS at ${redactUrl(natsUrl)} cannot be trusted (${cause.message})`;
  return new FlockError("failed_precondition", message, { cause });
}

const SHOWN = /^\s*([a-z]+:\/\/)?(.*@)?((?:\[[0-9a-f:.]+\]|[\w.-]+)(?::\d+)?)(?:\/[\w./-]*)?\s*$/i;

/** A comma, unless it may stand in a password: then there is an `@` behind it, and no scheme. */
const BETWEEN_URLS = /,(?=\s*[a-z]+:\/\/|[^@]*$)/i;

/** A NATS URL, or several, without the credentials that each may carry; what has not the form of a URL is not shown. */
function redactUrl(natsUrl: string): string {
  const shown = natsUrl.split(BETWEEN_URLS).map((url) => {
    const [whole, scheme = "", credentials, host] = SHOWN.exec(url) ?? [];
    if (whole === undefined) return "[redacted]";
    return `${scheme}${credentials === undefined ? "" : "[redacted]@"}${host}`;
  });
  return shown.join(",");
}

/**
 * Connects, waiting for NATS to come up.
 * @throws FlockError `unavailable` when it does not in time; at once `unauthenticated` when it refuses the credentials,
 * and `failed_precondition` when its certificate is not to be trusted, or it has none and must
 */
export async function connectMesh(options: MeshOptions): Promise<Mesh> {
  const refusals: Refusals = { sinceMs: undefined };
  const nats = await firstConnection(options, refusals);
  if (!coalesceWrites(nats)) options.logger.warn("writes to NATS are not coalesced with this client version");
  const listeners = new Set<() => void>();
  let connected = true;

  const onStatus = (status: Status): void => {
    if (status.type === "disconnect") {
      connected = false;
      options.logger.warn("disconnected from NATS");
    } else if (status.type === "reconnect") {
      connected = true;
      refusals.sinceMs = undefined;
      options.logger.info("reconnected to NATS");
      for (const listener of listeners) listener();
    } else if (status.type === "error") {
      if (isRefusal(status.error)) onRefusal(status.error);
      else options.logger.warn({ err: status.error }, "NATS error");
    }
  };
  const onRefusal = (cause: Error): void => {
    const nowMs = performance.now();
    const error = refusedBy(options, cause);
    if (refusals.sinceMs === undefined) {
      refusals.sinceMs = nowMs;
      options.logger.warn({ err: error }, "NATS refuses the credentials; they are shown again");
    } else if (nowMs - refusals.sinceMs >= (options.refusalsMaxMs ?? REFUSALS_MAX_MS)) {
      options.logger.error({ err: error }, "NATS refuses the credentials");
      void nats.close();
      options.onRefused?.(error);
    }
  };
  void (async () => {
    for await (const status of nats.status()) onStatus(status);
  })();

  const onReconnect = (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  const reconnected = async (): Promise<void> => {
    let forget = (): void => {};
    const standing = new Promise<void>((resolve) => {
      forget = onReconnect(resolve);
    });
    await waitAtMost(standing, RECONNECT_MS_MAX);
    forget();
  };
  let reconnecting: Promise<void> | undefined;

  return {
    nats,
    logger: options.logger,
    meter: options.meter,
    dropped: new DroppedMessages(options.logger, options.meter),
    newInbox: () => createInbox(options.inboxPrefix),
    isConnected: () => connected && !nats.isClosed(),
    onReconnect,
    reconnect: async () => {
      // Else the next connection is under way already, and asks for the credentials itself.
      if (connected)
        reconnecting ??= reconnectGently(nats, reconnected).finally(() => {
          reconnecting = undefined;
        });
      await reconnecting;
    },
    close: async () => {
      if (nats.isClosed()) return;
      // On a connection that breaks meanwhile, the end of a drain would never come.
      if (connected) await waitAtMost(nats.drain(), CLOSE_TIMEOUT_MS).catch(() => {});
      if (!nats.isClosed()) await nats.close();
    },
  };
}
