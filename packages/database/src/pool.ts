import { isNativeError } from "node:util/types";
import { FlockError } from "@flock/errors";
import type { Logger } from "@flock/observability";
import pg from "pg";
import { watchedClient } from "./watched-client.js";

const INT8_OID = 20;
const NUMERIC_OID = 1700;

export interface PoolOptions {
  /** `postgres://…`, as in `DATABASE_URL`. */
  readonly url: string;
  /** Shown in pg_stat_activity; the name of the service. */
  readonly applicationName: string;
  /** The service's own schema; unqualified names resolve to it alone. */
  readonly schema: string;
  /** Told of connections that broke while idle (the pool replaces them). */
  readonly logger: Logger;
  /** Default 10. */
  readonly connectionsMax?: number;
  /** Postgres cancels longer statements; default 15 000. */
  readonly statementTimeoutMs?: number;
  /** A connection is given up when the server takes longer to answer; default `statementTimeoutMs` + 5 000. */
  readonly silenceMs?: number;
  /** Server settings of its sessions, by name. */
  readonly settings?: Readonly<Record<string, string>>;
  /** How long a caller waits for a free or new connection; default 5 000. */
  readonly connectTimeoutMs?: number;
}

/**
 * A connection pool on which `int8` and whole `numeric` values arrive as `bigint` (by default `pg` gives strings);
 * a `numeric` with a fraction stays a string. Connections are made on demand: creating the pool touches no server.
 * @throws FlockError `invalid_argument` if the URL, or PGSSLMODE, wants TLS that would not verify the server, or names
 * a file that cannot be read
 */
export function createPool(options: PoolOptions): pg.Pool {
  const types = new pg.TypeOverrides();
  types.setTypeParser(INT8_OID, BigInt);
  types.setTypeParser(NUMERIC_OID, (text) => (/^-?\d+$/.test(text) ? BigInt(text) : text));
  const statementTimeoutMs = options.statementTimeoutMs ?? 15_000;
  const Client = watchedClient(options.silenceMs ?? statementTimeoutMs + 5_000);
  requireUsable(options.url, Client);
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: options.applicationName,
    options: Object.entries({ search_path: options.schema, ...options.settings })
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(" "),
    types,
    max: options.connectionsMax ?? 10,
    statement_timeout: statementTimeoutMs,
    Client,
    // A client that died between statements must not keep its row locks.
    idle_in_transaction_session_timeout: 2 * statementTimeoutMs,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
    keepAlive: true,
  });
  // Without a listener, an idle connection that Postgres closes (a restart) ends the process.
  pool.on("error", (error) => options.logger.warn({ err: error }, "an idle database connection broke"));
  // The same for one that is lent out and between two queries; its next query fails and tells.
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

/** The driver would only find out at each connection. */
function requireUsable(url: string, Client: new (config: pg.ClientConfig) => pg.Client): void {
  try {
    new Client({ connectionString: url });
  } catch (error) {
    if (error instanceof FlockError) throw error;
    const file = isNativeError(error) ? Reflect.get(error, "path") : undefined;
    const what = typeof file === "string" ? `${file}, which it names, cannot be read` : "it is not a URL";
    // Without the cause: it could show the password.
    throw new FlockError("invalid_argument", `the database's URL cannot be used: ${what}`);
  }
}
