import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { FlockError } from "@flock/errors";
import pg from "pg";
import { foreignEnvironment } from "./child-environment.js";
import {
  endForeign,
  type ForeignProcess,
  type ProcessExit,
  type RunAs,
  spawnForeign,
} from "./foreign-process.js";
import { postgresBinaries } from "./postgres-binaries.js";
import { openCluster, POSTGRES_ROLE, type PostgresCluster } from "./postgres-cluster.js";
import { postgresHome } from "./postgres-home.js";
import { serverUser } from "./server-user.js";
import { clearStalePostmaster } from "./stale-postmaster.js";

export interface PostgresOptions {
  /** The cluster lives in `postgres` below it (see {@link postgresHome} for the exception); created when missing. */
  readonly dataDir: string;
  /** TCP port on 127.0.0.1. */
  readonly port: number;
  /** The database that `url` names, created when missing. Default `flock`. */
  readonly database?: string;
  /** Server settings (`-c name=value`) beyond and over our own. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly onOutput?: (chunk: Buffer) => void;
  /** How long to wait until it answers, milliseconds. Default 60 000: after a crash it replays its log first. */
  readonly startTimeoutMs?: number;
}

/** A PostgreSQL 18 server that answers. */
export interface RunningPostgres {
  /**
   * `postgresql://flock:<password>@127.0.0.1:<port>/<database>?sslmode=disable`: a secret, since it holds the password.
   * What it does not say, clients take from PGSSLMODE and the like.
   */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly exited: Promise<ProcessExit>;
  kill(signal: NodeJS.Signals): void;
  /** Ends it and waits: fast shutdown (10 s), then immediate, then killed. Safe to call again. */
  stop(): Promise<void>;
}

/** Tuned for one machine that also runs everything else; `fsync` stays on: what is committed survives a power cut. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "100",
  shared_buffers: "128MB",
  checkpoint_timeout: "15min",
  max_wal_size: "1GB",
  // Segments of the log are kept and used again: while a new one is made, for 80 ms, nothing is committed.
  min_wal_size: "256MB",
  wal_compression: "on",
  random_page_cost: "1.1",
  jit: "off",
  max_parallel_workers_per_gather: "0",
  // Kept in the cluster's directory: a killed server would leave POSIX segments in /dev/shm.
  dynamic_shared_memory_type: "mmap",
  io_method: "sync",
  timezone: "UTC",
  log_timezone: "UTC",
  log_checkpoints: "off",
  lc_messages: "C",
};

const START_ATTEMPT_INTERVAL_MS = 100;
const READINESS_POLL_MS = 15;
const STOP_STEPS = [
  { signal: "SIGINT", waitMs: 10_000 },
  { signal: "SIGQUIT", waitMs: 5_000 },
] as const;

/**
 * Starts PostgreSQL from the binaries that npm installed and returns when `url` can be connected to. An earlier
 * server left running on the same cluster is ended first.
 * @throws FlockError `unavailable` with the server's last words when it ends or stays silent instead.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const user = await serverUser();
  const home = await postgresHome(options.dataDir, user);
  const binaries = await postgresBinaries(user, home);
  const cluster = await openCluster(home, binaries, user);
  await clearStalePostmaster(cluster.dataDirectory);
  const deadline = Date.now() + (options.startTimeoutMs ?? 60_000);
  for (;;) {
    const server = await launch(options, binaries, cluster, user);
    try {
      await untilAnswering(server, options.port, cluster, deadline);
      const database = options.database ?? "flock";
      await ensureDatabase(options.port, cluster.password, database);
      return running(server, options.port, cluster.password, database);
    } catch (error) {
      await endForeign(server, STOP_STEPS);
      // The children of a killed server need a moment to go; until then the new one refuses to start.
      if (Date.now() > deadline || !server.output.includes("pre-existing shared memory block")) throw error;
      await sleep(START_ATTEMPT_INTERVAL_MS);
    }
  }
}

function launch(
  options: PostgresOptions,
  binaries: string,
  cluster: PostgresCluster,
  user: RunAs | undefined,
): Promise<ForeignProcess> {
  const settings = { ...SETTINGS, ...options.settings, port: String(options.port) };
  return spawnForeign({
    file: join(binaries, "bin/postgres"),
    args: [
      "-D",
      cluster.dataDirectory,
      ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ],
    env: foreignEnvironment(),
    runAs: user,
    deathSignal: "SIGINT",
    onOutput: options.onOutput,
  });
}

function running(server: ForeignProcess, port: number, password: string, database: string): RunningPostgres {
  return {
    url: postgresUrl(port, password, database),
    port,
    pid: server.pid,
    exited: server.exited,
    kill: server.kill,
    stop: async () => void (await endForeign(server, STOP_STEPS)),
  };
}

/** The password is base64url and needs no escaping. */
function postgresUrl(port: number, password: string, database: string): string {
  return `postgresql://${POSTGRES_ROLE}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}?sslmode=disable`;
}

async function untilAnswering(
  server: ForeignProcess,
  port: number,
  cluster: PostgresCluster,
  deadline: number,
): Promise<void> {
  let isGone = false;
  void server.exited.then(() => {
    isGone = true;
  });
  let failure = "it is still starting";
  while (Date.now() < deadline && !isGone) {
    try {
      // Asking before it is ready costs the server a process each time.
      if (await saysReady(cluster.dataDirectory, server.pid)) {
        const url = postgresUrl(port, cluster.password, "postgres");
        await withClient(url, (client) => client.query("SELECT 1"));
        return;
      }
    } catch (error) {
      failure = (error as Error).message;
    }
    await sleep(READINESS_POLL_MS);
  }
  const what = isGone ? "ended" : `did not answer in time (${failure})`;
  throw new FlockError("unavailable", `postgres on port ${port} ${what}:\n${server.output.lastLines(8)}`);
}

/** The server's own lock file: its process id in the first line, its state in the eighth. */
async function saysReady(dataDirectory: string, pid: number): Promise<boolean> {
  const lines = (await readFile(join(dataDirectory, "postmaster.pid"), "utf8").catch(() => "")).split("\n");
  return Number(lines[0]) === pid && lines[7]?.trim() === "ready";
}

async function ensureDatabase(port: number, password: string, database: string): Promise<void> {
  await withClient(postgresUrl(port, password, "postgres"), async (client) => {
    const { rowCount } = await client.query("SELECT FROM pg_database WHERE datname = $1", [database]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(database)}`);
  });
}

/** Runs `work` on a connection of its own. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on("error", () => {}); // A server that dies meanwhile also fails the pending call.
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}
