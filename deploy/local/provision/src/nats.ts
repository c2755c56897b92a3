import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { FlockError } from "@flock/errors";
import { foreignEnvironment } from "./child-environment.js";
import { endForeign, type ForeignProcess, type ProcessExit, spawnForeign } from "./foreign-process.js";
import { locateNatsServer } from "./nats-server-binary.js";

export interface NatsOptions {
  /** Holds the configuration file and JetStream's store; created when missing. One server at a time. */
  readonly dataDir: string;
  /** TCP port on 127.0.0.1. */
  readonly port: number;
  /** Largest message in bytes. Default 8 MiB, the most that NATS recommends: a prompt with images must fit. */
  readonly payloadBytesMax?: number;
  /** Appended to the configuration file as it is: accounts, operator, websocket. */
  readonly extraConfig?: string;
  /** Path of the program. Default: what {@link locateNatsServer} finds. */
  readonly program?: string;
  readonly onOutput?: (chunk: Buffer) => void;
  /** How long to wait until it answers, milliseconds. Default 20 000: a large store is read back at start. */
  readonly startTimeoutMs?: number;
}

/** A nats-server with JetStream that answers on its port. */
export interface RunningNats {
  /** For clients, for example `nats://127.0.0.1:4222`. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly exited: Promise<ProcessExit>;
  kill(signal: NodeJS.Signals): void;
  /** Ends it and waits: first asked to flush and stop (5 s), then killed. Safe to call again. */
  stop(): Promise<void>;
}

const PAYLOAD_BYTES_MAX = 8 * 1024 * 1024;
const READINESS_POLL_MS = 15;
const STOP_STEPS = [{ signal: "SIGTERM", waitMs: 5_000 }] as const;

/**
 * Starts nats-server and returns when it accepts clients and JetStream is on.
 * @throws FlockError `unavailable` with the server's last words when it ends or stays silent instead.
 */
export async function startNats(options: NatsOptions): Promise<RunningNats> {
  const program = options.program ?? (await locateNatsServer());
  await mkdir(options.dataDir, { recursive: true });
  const configFile = join(options.dataDir, "nats.conf");
  const serverName = `flock-${randomBytes(6).toString("hex")}`;
  await writeFile(configFile, natsConfig(options, serverName), { mode: 0o600 });
  const server = await spawnForeign({
    file: program,
    args: ["--config", configFile],
    env: { ...foreignEnvironment(), GOMAXPROCS: String(threads()) },
    deathSignal: "SIGTERM",
    onOutput: options.onOutput,
  });
  try {
    await untilAnswering(server, options.port, serverName, options.startTimeoutMs ?? 20_000);
  } catch (error) {
    await endForeign(server, STOP_STEPS);
    throw error;
  }
  return {
    url: `nats://127.0.0.1:${options.port}`,
    port: options.port,
    pid: server.pid,
    exited: server.exited,
    kill: server.kill,
    stop: async () => void (await endForeign(server, STOP_STEPS)),
  };
}

/**
 * nats-server shares the machine with everything that it connects. With fewer threads it wakes fewer of them for each
 * message: on two cores, one takes a quarter less processor time than two.
 */
function threads(): number {
  return Math.max(1, Math.floor(availableParallelism() / 2));
}

/**
 * `sync_interval`: JetStream acknowledges a stored message before it reaches the disk, which outlives the death of
 * any process but not of the machine. Production syncs always and replicates; on a laptop a background sync bounds what
 * a power cut can take, and costs a publisher nothing (always: 10 to 30 times fewer messages a second). Five times a
 * second, since PostgreSQL's commits wait for the same disk: at one a second, for 10 MB at once.
 */
function natsConfig(options: NatsOptions, serverName: string): string {
  return `# Written at every start; changes here are lost.
server_name: ${serverName}
listen: "127.0.0.1:${options.port}"
max_payload: ${options.payloadBytesMax ?? PAYLOAD_BYTES_MAX}
# A client that does not read is cut off beyond this.
max_pending: 64MB
write_deadline: "10s"
lame_duck_duration: "30s"
jetstream {
  store_dir: ${JSON.stringify(options.dataDir)}
  max_memory_store: 512MB
  max_file_store: 8GB
  sync_interval: "200ms"
}
${options.extraConfig ?? ""}
`;
}

async function untilAnswering(
  server: ForeignProcess,
  port: number,
  serverName: string,
  timeoutMs: number,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  let exit: ProcessExit | undefined;
  void server.exited.then((value) => {
    exit = value;
  });
  while (Date.now() < deadline) {
    const info = await readNatsInfo(port);
    if (info?.server_name === serverName && info.jetstream === true) return;
    if (exit !== undefined) break;
    await sleep(READINESS_POLL_MS);
  }
  const what = exit === undefined ? `did not answer within ${timeoutMs} ms` : `ended (${describeExit(exit)})`;
  throw new FlockError("unavailable", `nats-server on port ${port} ${what}:\n${server.output.lastLines(8)}`);
}

/** What a NATS server says of itself to every client (the `INFO` line of the client protocol); only what we use. */
export interface NatsInfo {
  readonly server_name?: string;
  readonly version?: string;
  readonly jetstream?: boolean;
  readonly max_payload?: number;
}

/** Connects to 127.0.0.1, reads the `INFO` line and hangs up; `undefined` when no NATS server answers within 1 s. */
export function readNatsInfo(port: number): Promise<NatsInfo | undefined> {
  return new Promise((resolve) => {
    let received = "";
    const socket = connect({ host: "127.0.0.1", port });
    const finish = (info: NatsInfo | undefined) => {
      socket.destroy();
      resolve(info);
    };
    socket.setTimeout(1_000, () => finish(undefined));
    socket.once("error", () => finish(undefined));
    socket.once("close", () => finish(undefined));
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1");
      const line = /^INFO (\{.*\})\s*\r\n/.exec(received);
      if (line?.[1] !== undefined) finish(JSON.parse(line[1]) as NatsInfo);
      else if (received.length > 65_536) finish(undefined);
    });
  });
}

function describeExit(exit: ProcessExit): string {
  return exit.signal ?? `exit code ${exit.code}`;
}
