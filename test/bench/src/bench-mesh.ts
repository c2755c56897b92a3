import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type LocalMesh, localMeshKey, natsOf, type Role, startLocalMesh } from "@flock/launcher";
import { call, connectMesh, type Mesh } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { API } from "@flock/proto/keys";
import { LEDGER } from "@flock/proto/ledger";
import { removePostgresHome } from "@flock/provision";
import type { Target } from "./load-client/plan.js";
import { LOAD_GENERATOR_MODEL, PLAIN_LOAD_GENERATOR_MODEL } from "./load-generator/load-instructions.js";
import { type AdmittedWorker, admitWorker } from "./worker-credentials.js";

const ACCOUNT_ID = "bench";
/** 100 million LLAMA: no run can spend that. */
const FUNDS_MICRO = 100_000_000_000_000n;
/** Jobs that the load-generator worker runs at once: more than any figure has under way. */
const LOAD_SLOTS = 1_200;
/** The name of its files in the data directory. */
const LOAD_GENERATOR = "load-generator";
const PLAIN_LOAD_GENERATOR = "plain-load-generator";
const POLL_INTERVAL_MS = 50;
/**
 * A network's and not a laptop's: none closes while something is measured, which would move the fees that are counted.
 */
const EPOCHS = { epochSeconds: 86_400, challengeSeconds: 86_400, unstakeCooldownSeconds: 604_800 };
const READY_TIMEOUT_MS = 30_000;

/** A whole mesh of real processes for the bench alone: as `npm start` brings it up, on data of its own. */
export class BenchMesh {
  readonly #local: LocalMesh;
  readonly #closeConnection: () => Promise<void>;
  readonly #apiKey: string;
  /** The bench's own connection, to call services on. */
  readonly connection: Mesh;
  #loadGenerator: ChildProcess | undefined;
  #plainLoadGenerator: ChildProcess | undefined;

  private constructor(
    local: LocalMesh,
    connection: Mesh,
    closeConnection: () => Promise<void>,
    apiKey: string,
  ) {
    this.#local = local;
    this.connection = connection;
    this.#closeConnection = closeConnection;
    this.#apiKey = apiKey;
  }

  /** `dataDir` is emptied first and removed in the end. */
  static async start(dataDir: string, say: (line: string) => void): Promise<BenchMesh> {
    const local = await startLocalMesh({
      dataDir,
      args: ["--fresh", "--no-chain", "--no-verifier", "--parameters", JSON.stringify(EPOCHS)],
      // The load generator stands for many workers at once.
      serviceVariables: { ROUTER_WORKER_SLOTS_MAX: String(LOAD_SLOTS) },
      onLine: (line) => {
        if (line.startsWith("READY") || line.includes("starting it again")) say(line);
      },
    });
    try {
      const metrics = createMetrics("bench");
      const logger = createLogger("bench", "warn");
      const nats = natsOf(local.state);
      const connection = await connectMesh({ ...nats, name: "bench", logger, meter: metrics.meter });
      const close = async (): Promise<void> => {
        await connection.close();
        await metrics.close();
      };
      return new BenchMesh(local, connection, close, await openAccount(connection));
    } catch (error) {
      await local.stop();
      throw error;
    }
  }

  /** Through the mesh. */
  get api(): Target {
    return { origin: this.#local.state.apiUrl, apiKey: this.#apiKey };
  }

  /** The api over gRPC. */
  get grpcOrigin(): string {
    return `http://${this.#local.state.grpcAddress}`;
  }

  /** What a request through the mesh shows. */
  get credential(): Readonly<Record<string, string>> {
    return { authorization: `Bearer ${this.#apiKey}` };
  }

  /** The engine itself. */
  get engine(): Target {
    return { origin: this.#local.state.ollamaUrl };
  }

  /** The model that the engine serves. */
  get model(): string {
    return this.#local.state.model;
  }

  /** Where workers connect. */
  get natsUrl(): string {
    return this.#local.state.natsUrl;
  }

  /** A worker that NATS lets in, and that is nobody's: its id, and the file of its credentials. */
  admitStranger(name: string): Promise<AdmittedWorker> {
    return admitWorker(this.#local.state.dataDir, name);
  }

  get databaseUrl(): string {
    return this.#local.state.databaseUrl;
  }

  /** Process ids of the mesh's parts as they are now; the load generator is the part `load`. */
  pids(): Readonly<Record<Role | "load", readonly number[]>> {
    const load = this.#loadGenerator?.pid;
    return { ...this.#local.currentState().pids, load: load === undefined ? [] : [load] };
  }

  /** Starts the load-generator workers, if they do not run, and waits until their models are served. */
  async loadGenerator(): Promise<void> {
    if (this.#loadGenerator !== undefined) return;
    this.#loadGenerator = await this.#startLoadGenerator(LOAD_GENERATOR, true);
    this.#plainLoadGenerator = await this.#startLoadGenerator(PLAIN_LOAD_GENERATOR, false);
    await this.#until(`${LOAD_GENERATOR_MODEL} is served`, async () => {
      const { models } = (await this.#get("/api/tags")) as { models: { name: string }[] };
      const served = new Set(models.map(({ name }) => name));
      return served.has(LOAD_GENERATOR_MODEL) && served.has(PLAIN_LOAD_GENERATOR_MODEL);
    });
  }

  async #startLoadGenerator(name: string, offersKeys: boolean): Promise<ChildProcess> {
    const { dataDir, natsUrl } = this.#local.state;
    const { keyFile, credentialsFile } = await admitWorker(dataDir, name);
    const { publicKey: meshKey } = await localMeshKey(dataDir);
    const log = openSync(join(dataDir, "logs", `${name}.log`), "a");
    const started = fork(join(import.meta.dirname, "load-generator/main.js"), {
      env: {
        ...process.env,
        NATS_URL: natsUrl,
        NATS_CREDENTIALS_FILE: credentialsFile,
        LOAD_MESH_KEY: meshKey,
        LOAD_KEY_FILE: keyFile,
        HEALTH_PORT: "0",
        LOAD_OFFERS_KEYS: String(offersKeys),
        LOAD_SLOTS: String(LOAD_SLOTS),
      },
      stdio: ["ignore", log, log, "ipc"],
    });
    closeSync(log);
    return started;
  }

  /** Replaces the api's process by a fresh one and waits until that serves every model; returns its process id. */
  async freshApi(): Promise<number> {
    const before = this.#apiPid();
    if (before !== undefined) process.kill(before, "SIGTERM");
    await this.#until("a fresh api answers", async () => {
      const pid = this.#apiPid();
      if (pid === undefined || pid === before) return false;
      const { models } = (await this.#get("/api/tags")) as { models: unknown[] };
      return models.length > (this.#loadGenerator === undefined ? 0 : 1);
    });
    return this.#apiPid() ?? 0;
  }

  async close(): Promise<void> {
    for (const generator of [this.#loadGenerator, this.#plainLoadGenerator]) {
      if (generator?.exitCode !== null) continue;
      const exited = once(generator, "exit");
      generator.kill("SIGTERM");
      await exited;
    }
    await this.#closeConnection();
    await this.#local.stop();
    const { dataDir } = this.#local.state;
    await removePostgresHome(dataDir);
    await rm(dataDir, { recursive: true, force: true });
  }

  #apiPid(): number | undefined {
    return this.#local.currentState().pids.api[0];
  }

  async #get(path: string): Promise<unknown> {
    const { origin, apiKey } = this.api;
    const response = await fetch(`${origin}${path}`, { headers: { authorization: `Bearer ${apiKey}` } });
    return response.json();
  }

  async #until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + READY_TIMEOUT_MS;
    // A part that is just being started refuses connections.
    while (!(await isTrue().catch(() => false))) {
      if (performance.now() > deadline) throw new Error(`${READY_TIMEOUT_MS} ms have passed before ${what}`);
      await sleep(POLL_INTERVAL_MS);
    }
  }
}

/** Funds the bench's account and returns a key of it. */
async function openAccount(connection: Mesh): Promise<string> {
  const fund = { version: 1, transferId: randomUUID(), accountId: ACCOUNT_ID, amountMicro: FUNDS_MICRO };
  await call(connection, LEDGER.fund, fund, { timeoutMs: 10_000 });
  const key = { version: 1, accountId: ACCOUNT_ID, label: "bench" };
  return (await call(connection, API.createKey, key, { timeoutMs: 10_000 })).apiKey;
}
