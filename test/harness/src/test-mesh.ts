import { randomBytes, randomUUID } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type LocalMesh, type LocalState, natsOf, type Role, startLocalMesh } from "@flock/launcher";
import { call, connectMesh, type Mesh } from "@flock/mesh";
import { createLogger, createMetrics, type LogLevel } from "@flock/observability";
import { PROTOCOL_VERSION } from "@flock/proto";
import { API } from "@flock/proto/keys";
import { LEDGER } from "@flock/proto/ledger";
import { endProcess, freePort, identifyProcess } from "@flock/provision";
import { createTestDirectory, eventually, type TestDirectory } from "@flock/provision/testing";
import { ApiClient } from "./api-client.js";
import { Books } from "./books.js";
import { requireBuiltOutput } from "./built-output.js";
import { parseMetrics, type Sample } from "./metrics-text.js";
import { OwnProcess } from "./own-process.js";
import { healthPortOf, type LogLine, readPartLog } from "./part-log.js";
import { MARK_VARIABLE, ProcessLedger } from "./process-leaks.js";
import { verifyBooks } from "./verify-books.js";

export interface TestMeshOptions {
  /** Default 2. */
  readonly workers?: number;
  /** Jobs per worker at once; default 4. */
  readonly workerSlots?: number;
  /** Jobs at once in the engine; default: all slots. */
  readonly sequences?: number;
  /** Governed parameters by name, in place of a laptop's. */
  readonly parameters?: Readonly<Record<string, string | number | boolean>>;
  /** With the local Solana chain and the treasury; default false. */
  readonly chain?: boolean;
  /** With the verifier, which has jobs of its own run; default false. */
  readonly verifier?: boolean;
  /** Serves who shows no key, as `npm start` does; default false. */
  readonly guests?: boolean;
  /** Of the services; default `info`. */
  readonly logLevel?: LogLevel;
  /** Variables of the services, for example `ROUTER_QUEUE_TOTAL_MAX`. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** An account with money and a key. */
export interface TestAccount {
  readonly accountId: string;
  readonly keyId: string;
  readonly client: ApiClient;
}

export interface OwnWorkerOptions {
  /** What it works with: the URL of anything that speaks Ollama's API. */
  readonly ollamaUrl: string;
  /** Default 4. */
  readonly slots?: number;
  /** Address of the wallet that is paid; default: the worker's own. */
  readonly payout?: string;
  /** Default `info`. */
  readonly logLevel?: LogLevel;
}

/** What a test account is given unless it asks for something else: 1 000 LLAMA. */
const FUNDS_MICRO = 1_000_000_000n;
const LEAK_WAIT_MS = 5_000;

/**
 * A whole mesh of one's own for a test file: real parts from built output on free ports, data in a temporary
 * directory, and everything that a test needs to drive it, look into it and break it. {@link TestMesh.stop} fails if
 * the ledger's invariants do not hold or a process is left running. It all ends when the test process dies, too.
 */
export class TestMesh {
  readonly #directory: TestDirectory;
  readonly #start: () => Promise<LocalMesh>;
  readonly #processes: ProcessLedger;
  readonly #own: OwnProcess[] = [];
  #local: LocalMesh;
  #connection: Promise<Mesh> | undefined;

  private constructor(
    directory: TestDirectory,
    processes: ProcessLedger,
    start: () => Promise<LocalMesh>,
    local: LocalMesh,
  ) {
    this.#directory = directory;
    this.#processes = processes;
    this.#start = start;
    this.#local = local;
  }

  /** Starts a mesh; resolves when it answers, with a model. */
  static async start(options: TestMeshOptions = {}): Promise<TestMesh> {
    requireBuiltOutput();
    const directory = await createTestDirectory();
    try {
      const mark = randomBytes(8).toString("hex");
      const args = await launcherArguments(options);
      const environment = { [MARK_VARIABLE]: mark };
      const serviceVariables = options.environment ?? {};
      const start = () => startLocalMesh({ dataDir: directory.path, args, environment, serviceVariables });
      return new TestMesh(directory, new ProcessLedger(mark, directory.path), start, await start());
    } catch (error) {
      await directory.remove();
      throw error;
    }
  }

  /** What `local.json` says now; throws while no mesh runs. */
  get state(): LocalState {
    return this.#local.currentState();
  }

  get dataDir(): string {
    return this.#directory.path;
  }

  get model(): string {
    return this.#local.state.model;
  }

  /** Everything that the launcher has printed. */
  get output(): string {
    return this.#local.output();
  }

  /** The demo account's client, as the launcher prints it. */
  get demo(): ApiClient {
    return new ApiClient(this.#local.state.apiUrl, this.#local.state.apiKey);
  }

  /** A connection to the mesh's NATS, made when it is first asked for. */
  connection(): Promise<Mesh> {
    this.#connection ??= connectMesh({
      ...natsOf(this.#local.state),
      name: "test",
      logger: createLogger("test", "silent"),
      meter: createMetrics("test").meter,
    });
    return this.#connection;
  }

  async books(): Promise<Books> {
    return new Books(await this.connection(), this.#local.state.databaseUrl);
  }

  /** Makes an account with a key, and with money unless `fundsMicro` is 0. */
  async account(name: string, fundsMicro = FUNDS_MICRO): Promise<TestAccount> {
    const mesh = await this.connection();
    const accountId = `${name}-${randomBytes(4).toString("hex")}`;
    const version = PROTOCOL_VERSION;
    const { keyId, apiKey } = await call(mesh, API.createKey, { version, accountId, label: name });
    if (fundsMicro > 0n) {
      const fund = { version, transferId: randomUUID(), accountId, amountMicro: fundsMicro };
      await call(mesh, LEDGER.fund, fund);
    }
    return { accountId, keyId, client: new ApiClient(this.#local.state.apiUrl, apiKey) };
  }

  /** Process ids of a role's parts that are ready. */
  pids(role: Role): readonly number[] {
    return this.state.pids[role];
  }

  /** Sends a signal to one process of the role; the launcher is not told. */
  async signal(role: Role, signal: NodeJS.Signals, index = 0): Promise<number> {
    const pid = this.pids(role)[index];
    if (pid === undefined) throw new Error(`no process ${index} of ${role} is ready`);
    await this.#processes.note([pid]);
    process.kill(pid, signal);
    return pid;
  }

  /** Waits until the role has as many ready processes as `before`, and the process `gone` is not one of them. */
  async untilBack(role: Role, gone: number, before: number): Promise<void> {
    await eventually(`${role} to be back`, () => {
      const pids = this.pids(role);
      return pids.length >= before && !pids.includes(gone);
    });
  }

  /** SIGKILLs one process of the role and waits until the launcher has a new one ready. */
  async killAndAwaitReturn(role: Role, index = 0): Promise<void> {
    const before = this.pids(role).length;
    await this.untilBack(role, await this.signal(role, "SIGKILL", index), before);
  }

  /** SIGKILLs the launcher and, at the same moment, everything that it runs; resolves when all of it is gone. */
  async killTree(): Promise<void> {
    const { pids, launcherPid } = this.state;
    const all = Object.values(pids).flat();
    await this.#processes.note([...all, launcherPid]);
    for (const pid of [launcherPid, ...all]) process.kill(pid, "SIGKILL");
    await this.untilNothingRuns();
  }

  /** SIGKILLs the launcher alone. Its children must end without it: see {@link untilNothingRuns}. */
  async killLauncher(): Promise<void> {
    await this.#processes.note([...Object.values(this.state.pids).flat(), this.state.launcherPid]);
    process.kill(this.state.launcherPid, "SIGKILL");
  }

  /** Ctrl-C. Resolves with the launcher's exit code. */
  async interrupt(): Promise<number | null> {
    await this.#processes.note([...Object.values(this.state.pids).flat(), this.state.launcherPid]);
    process.kill(this.state.launcherPid, "SIGINT");
    return this.#local.exited;
  }

  /** Waits until no process of this mesh is left, besides those that the test itself started. */
  async untilNothingRuns(): Promise<void> {
    const own = new Set(this.#own.map(({ pid }) => pid));
    await eventually("everything of the mesh to end", async () => {
      const alive = await this.#processes.alive();
      return alive.every((pid) => own.has(pid));
    });
  }

  /** Starts the mesh again on its data, after it has ended. */
  async startAgain(): Promise<void> {
    this.#local = await this.#start();
  }

  /** Runs a further worker, not supervised by the launcher, and waits until the router knows it. */
  async startWorker({
    ollamaUrl,
    slots = 4,
    payout = "",
    logLevel = "info",
  }: OwnWorkerOptions): Promise<OwnProcess> {
    const name = `own-worker-${this.#own.length + 1}`;
    const environment = {
      WORKER_API_URL: this.state.apiUrl,
      OLLAMA_HOST: ollamaUrl,
      WORKER_KEY_FILE: join(this.dataDir, "workers", `${name}.json`),
      WORKER_SLOTS: String(slots),
      WORKER_PAYOUT: payout,
      LOG_LEVEL: logLevel,
      WORKER_DRAIN_MS: "1000",
    };
    return this.#startOwn("services/worker", name, environment);
  }

  /** Runs a further engine with the bundled model and resolves with its URL as well. */
  async startEngine(sequences = 4): Promise<{ readonly url: string; readonly process: OwnProcess }> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const environment = { ENGINE_PORT: String(port), ENGINE_SEQUENCES: String(sequences) };
    const name = `own-engine-${this.#own.length + 1}`;
    return { url, process: await this.#startOwn("deploy/local/engine", name, environment, `${url}/`) };
  }

  /** Current values of the metrics of one part (`api`, `router`, `ledger`, `worker-1`, …). */
  async metrics(part: string): Promise<Sample[]> {
    const port = healthPortOf(this.dataDir, part);
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
    return parseMetrics(await answer.text());
  }

  /** What an operator tells a worker (`worker-1`, …): to pause, to go on, to drain. */
  async control(worker: string, command: "pause" | "resume" | "drain"): Promise<void> {
    const port = healthPortOf(this.dataDir, worker);
    const answer = await fetch(`http://127.0.0.1:${port}/control/${command}`, { method: "POST" });
    if (answer.status !== 200) throw new Error(`${worker} refused to ${command}: ${await answer.text()}`);
  }

  /** How many jobs a worker (`worker-1`, …) runs at this moment. */
  async activeLeases(worker: string): Promise<number> {
    const port = healthPortOf(this.dataDir, worker);
    const answer = await fetch(`http://127.0.0.1:${port}/control/state`);
    return ((await answer.json()) as { activeLeases: number }).activeLeases;
  }

  /** The log of one part, over all its lives. */
  log(part: string): LogLine[] {
    return readPartLog(this.dataDir, part);
  }

  /** Ends everything. Throws, but only then, if the books were not in order or something of the mesh still ran. */
  async stop(): Promise<void> {
    const faults = await this.#faultsInBooks();
    await Promise.all(this.#own.map((own) => own.stop()));
    await (await this.#connection)?.close();
    await this.#local.stop();
    const left = await this.#leftOver();
    for (const pid of left) {
      const identity = await identifyProcess(pid);
      if (identity !== undefined) await endProcess(identity, []);
    }
    await this.#directory.remove();
    if (left.length > 0) faults.push(`processes were left over: ${left.join(", ")}`);
    if (faults.length > 0) throw new Error(`the mesh did not end well:\n${faults.join("\n")}`);
  }

  async #faultsInBooks(): Promise<string[]> {
    try {
      return [...(await verifyBooks(this.state.databaseUrl))];
    } catch (error) {
      return [`the books could not be checked: ${String(error)}`];
    }
  }

  async #leftOver(): Promise<number[]> {
    const deadlineMs = performance.now() + LEAK_WAIT_MS;
    for (;;) {
      const left = await this.#processes.alive();
      if (left.length === 0 || performance.now() > deadlineMs) return left;
      await sleep(50);
    }
  }

  async #startOwn(
    folder: string,
    name: string,
    environment: Readonly<Record<string, string>>,
    readyUrl?: string,
  ): Promise<OwnProcess> {
    const healthPort = await freePort();
    const started = await OwnProcess.start({
      folder,
      environment: {
        ...environment,
        ...(readyUrl === undefined ? { HEALTH_HOST: "127.0.0.1", HEALTH_PORT: String(healthPort) } : {}),
      },
      readyUrl: readyUrl ?? `http://127.0.0.1:${healthPort}/readyz`,
      logFile: join(this.dataDir, "logs", `${name}.log`),
    });
    this.#own.push(started);
    return started;
  }
}

async function launcherArguments(options: TestMeshOptions): Promise<string[]> {
  const { workers = 2, workerSlots = 4, sequences = Math.max(1, workers * workerSlots) } = options;
  // Not the preferred ports: somebody may be using them, or be about to.
  const ports = await Promise.all(
    ["api", "grpc", "nats", "postgres", "engine", "bridge"].map(async (part) => [
      `--${part}-port`,
      String(await freePort()),
    ]),
  );
  const counts = { "--workers": workers, "--worker-slots": workerSlots, "--sequences": sequences };
  return [
    ...ports.flat(),
    ...Object.entries(counts).flatMap(([name, value]) => [name, String(value)]),
    ...(options.logLevel === undefined ? [] : ["--log-level", options.logLevel]),
    ...(options.chain === true ? [] : ["--no-chain"]),
    ...(options.verifier === true ? [] : ["--no-verifier"]),
    ...(options.guests === true ? [] : ["--no-guests"]),
    ...(options.parameters === undefined ? [] : ["--parameters", JSON.stringify(options.parameters)]),
  ];
}
