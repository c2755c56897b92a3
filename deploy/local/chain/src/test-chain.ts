import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { FlockError } from "@flock/errors";
import { createLogger } from "@flock/observability";
import { freePort, REPOSITORY_ROOT, reservePort } from "@flock/provision";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { ChainControls } from "./chain-controls.js";
import { ChainServer } from "./chain-server.js";
import { type LlamaOnChain, type LlamaSetUp, setUpLlama } from "./set-up-llama.js";

const HOST = "127.0.0.1";
/** Long, since tests start many processes at once. */
const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 20;
const OUTPUT_CHARACTERS_MAX = 20_000;

export interface TestChainOptions {
  /** Milliseconds between slots; default 0: slots are made by `controls.advanceSlots` only. */
  readonly slotMs?: number;
  /** How many nodes tell of the chain, each with its own faults; default 1, at most 2. */
  readonly nodes?: 1 | 2;
  /**
   * "process" (default): a process of its own from built output, as in production, which can be killed. "inside": in
   * this process, quicker to start.
   */
  readonly run?: "process" | "inside";
}

/** One node: its URLs, and the controls of its faults. */
export interface TestChainEndpoint {
  readonly rpcUrl: string;
  /** As web3.js derives it from the RPC URL. */
  readonly websocketUrl: string;
  readonly controls: ChainControls;
}

interface Running {
  /** In order, or as if killed. */
  end(how: "stop" | "kill"): Promise<void>;
}

/** A local chain of one test, on a directory of its own that {@link stop} removes. */
export class TestChain {
  readonly nodes: readonly TestChainEndpoint[];
  readonly #options: TestChainOptions;
  readonly #directory: TestDirectory;
  readonly #ports: readonly number[];
  #running: Running | undefined;

  /** Use {@link startTestChain}. */
  constructor(options: TestChainOptions, directory: TestDirectory, ports: readonly number[]) {
    this.#options = options;
    this.#directory = directory;
    this.#ports = ports;
    this.nodes = ports.map((port) => {
      const rpcUrl = `http://${HOST}:${port}`;
      const controls = new ChainControls(rpcUrl);
      return { rpcUrl, websocketUrl: `ws://${HOST}:${port + 1}`, controls };
    });
  }

  /** The first node. */
  get node(): TestChainEndpoint {
    const [first] = this.nodes;
    if (first === undefined) throw new FlockError("internal", "a chain without nodes");
    return first;
  }

  get rpcUrl(): string {
    return this.node.rpcUrl;
  }

  get controls(): ChainControls {
    return this.node.controls;
  }

  /** Where its state is. */
  get dataDirectory(): string {
    return join(this.#directory.path, "chain");
  }

  /** Creates LLAMA on it, see {@link setUpLlama}. The mint's key is kept beside the chain's data. */
  setUpLlama(options: Omit<LlamaSetUp, "rpcUrl" | "mintKeyFile">): Promise<LlamaOnChain> {
    const mintKeyFile = join(this.#directory.path, "mint.json");
    return setUpLlama({ ...options, rpcUrl: this.rpcUrl, mintKeyFile });
  }

  /** Ends it with SIGKILL. Faults and delayed transactions are forgotten with it. */
  kill(): Promise<void> {
    return this.#end("kill");
  }

  /** Starts it on the same directory and ports; no effect while it runs. */
  async start(): Promise<void> {
    if (this.#running !== undefined) return;
    const { slotMs = 0, run = "process" } = this.#options;
    const start = run === "process" ? runProcess : runInside;
    this.#running = await start(this.dataDirectory, this.#ports, slotMs);
  }

  /** Ends it, by default with SIGKILL, and starts it again. */
  async restart(how: "stop" | "kill" = "kill"): Promise<void> {
    await this.#end(how);
    await this.start();
  }

  /** Ends it and removes its directory. */
  async stop(): Promise<void> {
    await this.#end("stop");
    await this.#directory.remove();
  }

  async #end(how: "stop" | "kill"): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.end(how);
  }
}

/**
 * Starts a new chain for a test on free ports; resolves when it answers.
 * @throws FlockError `failed_precondition` when it is to be a process and has not been built; `unavailable` with the
 *   process's last words when it does not get ready, as on a platform without the native machine.
 */
export async function startTestChain(options: TestChainOptions = {}): Promise<TestChain> {
  const directory = await createTestDirectory();
  const chain = new TestChain(options, directory, await freePorts(options.nodes ?? 1));
  try {
    await chain.start();
    return chain;
  } catch (error) {
    await directory.remove();
    throw error;
  }
}

/** Ports whose successors are free too, for the websockets. */
async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = await freePort();
    if (await reservePort(port + 1)) ports.push(port);
  }
  return ports;
}

async function runInside(dataDirectory: string, ports: readonly number[], slotMs: number): Promise<Running> {
  const logger = createLogger("chain", "warn");
  const server = await ChainServer.start({ dataDirectory, host: HOST, ports, slotMs, logger });
  return { end: (how) => (how === "stop" ? server.close() : server.abandon()) };
}

async function runProcess(dataDirectory: string, ports: readonly number[], slotMs: number): Promise<Running> {
  const program = join(REPOSITORY_ROOT, "deploy/local/chain/dist/main.js");
  if (!existsSync(program)) {
    throw new FlockError("failed_precondition", `${program} is missing: run "npm run build" first`);
  }
  const [port, second = 0] = ports;
  // The channel ends the process with this one, whatever becomes of the test.
  const child = spawn(process.execPath, ["--enable-source-maps", program], {
    env: {
      CHAIN_HOST: HOST,
      CHAIN_PORT: String(port),
      CHAIN_SECOND_PORT: String(second),
      CHAIN_DATA_DIR: dataDirectory,
      CHAIN_SLOT_MS: String(slotMs),
      LOG_LEVEL: "warn",
    },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output = `${output}${text}`.slice(-OUTPUT_CHARACTERS_MAX);
    });
  }
  const exited = once(child, "exit");
  const end = async (how: "stop" | "kill") => {
    if (hasEnded(child)) return;
    child.kill(how === "stop" ? "SIGTERM" : "SIGKILL");
    await exited;
  };
  if (await answersHealth(child, ports)) return { end };
  await end("kill");
  throw new FlockError("unavailable", `the chain's process does not get ready:\n${output}`);
}

async function answersHealth(child: ChildProcess, ports: readonly number[]): Promise<boolean> {
  const deadlineMs = performance.now() + READY_TIMEOUT_MS;
  while (!hasEnded(child) && performance.now() < deadlineMs) {
    const answers = await Promise.allSettled(ports.map((port) => fetch(`http://${HOST}:${port}/health`)));
    const isReady = answers.every((answer) => answer.status === "fulfilled" && answer.value.ok);
    if (isReady) return true;
    await sleep(POLL_MS);
  }
  return false;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
