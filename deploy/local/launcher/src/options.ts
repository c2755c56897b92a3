import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { LOG_LEVELS, type LogLevel, logLevelOf } from "@flock/observability";
import { REPOSITORY_ROOT } from "@flock/provision";
import { Command, InvalidArgumentError } from "commander";
import { type ShellSettings, shellSettings } from "./shell-settings.js";

/** What the launcher is asked to bring up. */
export interface LauncherOptions {
  /** Absolute. */
  readonly dataDir: string;
  /** Ports that were asked for by number; others are chosen. */
  readonly ports: {
    readonly api?: number;
    readonly grpc?: number;
    readonly nats?: number;
    readonly postgres?: number;
    readonly engine?: number;
    readonly bridge?: number;
    readonly chain?: number;
  };
  readonly workers: number;
  /** Jobs that each worker runs at once: with the bundled engine, and with an Ollama of the user's. */
  readonly workerSlots: { readonly engine: number; readonly ollama: number };
  /** Jobs that the embedded engine runs at once. */
  readonly sequences: number;
  /** Path of a GGUF file for the embedded engine; absent: the bundled model. */
  readonly modelFile?: string;
  /** The name under which the engine serves its model; absent: the engine's default. */
  readonly modelName?: string;
  /** Removes what earlier runs left in the data directory first. */
  readonly fresh: boolean;
  /** Governed parameters by name, in place of those for a laptop. */
  readonly parameters?: object;
  /** Runs no local Solana chain, and so no treasury. */
  readonly noChain: boolean;
  /** Runs no bridge to workers of the original kind. */
  readonly noBridge: boolean;
  /** Runs no verifier: no worker's answers are checked. */
  readonly noVerifier: boolean;
  /** Serves nobody without a key. */
  readonly noGuests: boolean;
  /** Uses the embedded engine without looking for an Ollama. */
  readonly embeddedEngine: boolean;
  /** Of the services. */
  readonly logLevel: LogLevel;
  /** Further variables of the services, by name; what the launcher itself decides of them stays as it is. */
  readonly serviceVariables: Readonly<Record<string, string>>;
  /** What the shell says. */
  readonly shell: ShellSettings;
}

const ENGINE_SLOTS = 4;
/** An Ollama runs one job at once unless its owner says more; both workers share it. */
const OLLAMA_SLOTS = 1;

/**
 * Reads the command line and what the shell holds for us ({@link shellSettings}). Prints help or a usage error and ends
 * the process where those are called for.
 * @throws FlockError `invalid_argument` naming a variable that cannot be understood.
 */
export function parseOptions(args: readonly string[], environment: NodeJS.ProcessEnv): LauncherOptions {
  const given = command()
    .parse([...args], { from: "user" })
    .opts<ParsedOptions>();
  const isEmbedded = given.engine === true || given.modelFile !== undefined;
  const shell = shellSettings(environment, { usesOllama: !isEmbedded });
  const workerSlots = {
    engine: given.workerSlots ?? ENGINE_SLOTS,
    ollama: given.workerSlots ?? OLLAMA_SLOTS,
  };
  return {
    dataDir: resolve(given.dataDir),
    ports: {
      ...numbered("api", given.apiPort),
      ...numbered("grpc", given.grpcPort),
      ...numbered("nats", given.natsPort),
      ...numbered("postgres", given.postgresPort),
      ...numbered("engine", given.enginePort),
      ...numbered("bridge", given.bridgePort),
      ...numbered("chain", given.chainPort),
    },
    workers: given.workers,
    workerSlots,
    sequences: given.sequences ?? Math.max(1, given.workers * workerSlots.engine),
    ...(given.modelFile === undefined ? {} : { modelFile: resolve(given.modelFile) }),
    ...(given.modelName === undefined ? {} : { modelName: given.modelName }),
    ...(given.parameters === undefined ? {} : { parameters: given.parameters }),
    noChain: !given.chain,
    noBridge: !given.bridge,
    noVerifier: !given.verifier,
    noGuests: !given.guests,
    fresh: given.fresh === true,
    embeddedEngine: isEmbedded,
    logLevel: given.logLevel ?? shell.logLevel ?? "info",
    serviceVariables: given.set,
    shell,
  };
}

interface ParsedOptions {
  dataDir: string;
  apiPort: number;
  grpcPort: number;
  natsPort: number;
  postgresPort: number;
  enginePort: number;
  bridgePort: number;
  chainPort: number;
  parameters?: object;
  chain: boolean;
  bridge: boolean;
  verifier: boolean;
  guests: boolean;
  workers: number;
  workerSlots?: number;
  sequences?: number;
  modelFile?: string;
  modelName?: string;
  fresh?: boolean;
  engine?: boolean;
  logLevel?: LogLevel;
  set: Readonly<Record<string, string>>;
}

const VARIABLES_HELP = `
Of the shell's variables these are heeded, and no others:
  OLLAMA_HOST   an Ollama of your own, written as for Ollama; if none answers there, the embedded engine is used
  NATS_URL      NATS servers of your own
  DATABASE_URL  a PostgreSQL of your own; PGSSLMODE and the like complete it
  LOG_LEVEL     of the services`;

function command(): Command {
  const port = integer(0, 65_535);
  return new Command("npm start --")
    .description("Runs a whole FlockOllamas mesh on this machine.")
    .option(
      "--data-dir <directory>",
      "where everything is kept between runs",
      resolve(REPOSITORY_ROOT, ".flock"),
    )
    .option("--api-port <port>", "port of the API; 0: 11435 if free, else any", port, 0)
    .option("--grpc-port <port>", "port of the API over gRPC; 0: 50051 if free, else any", port, 0)
    .option("--nats-port <port>", "port of nats-server; 0: 4222 if free, else any", port, 0)
    .option("--postgres-port <port>", "port of PostgreSQL; 0: 15432 if free, else any", port, 0)
    .option("--engine-port <port>", "port of the embedded engine; 0: 11436 if free, else any", port, 0)
    .option("--bridge-port <port>", "port for original workers; 0: 11437 if free, else any", port, 0)
    .option(
      "--chain-port <port>",
      "port of the local Solana chain, which takes the next one, too; 0: 18899 if free, else any",
      integer(0, 65_534),
      0,
    )
    .option("--no-chain", "run no local Solana chain: no deposits and no payouts")
    .option("--no-bridge", "run no bridge: no workers of the original kind (npm flockollamas-worker)")
    .option("--no-verifier", "run no verifier: no worker's answers are checked")
    .option("--no-guests", "serve nobody without a key")
    .option("--parameters <json>", "governed parameters in place of a laptop's: a file, or JSON", parameters)
    .option("--workers <count>", "number of workers", integer(0, 64), 2)
    .option(
      "--worker-slots <count>",
      "jobs that each worker runs at once (default: 4, and 1 with an Ollama of yours)",
      integer(1, 1_024),
    )
    .option(
      "--sequences <count>",
      "jobs that the engine runs at once (default: workers x slots)",
      integer(1, 1_024),
    )
    .option("--model-file <gguf>", "model of the embedded engine instead of the bundled one")
    .option("--model-name <name>", "name under which the engine serves its model")
    .option("--fresh", "remove the data of earlier runs first")
    .option("--engine", "use the embedded engine even if an Ollama answers at OLLAMA_HOST")
    .option(
      "--log-level <level>",
      `of the services: ${LOG_LEVELS.join(", ")} (default: LOG_LEVEL, else info)`,
      logLevel,
    )
    .option(
      "--set <name=value>",
      "a variable of the services, for example API_JOB_TIMEOUT_MS=60000; repeatable",
      variable,
      {},
    )
    .addHelpText("after", VARIABLES_HELP);
}

function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

function logLevel(text: string): LogLevel {
  const level = logLevelOf(text);
  if (level !== undefined) return level;
  throw new InvalidArgumentError(`It must be one of ${LOG_LEVELS.join(", ")}.`);
}

function variable(text: string, earlier: Readonly<Record<string, string>>): Record<string, string> {
  const [, name, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError("It must be NAME=value.");
  return { ...earlier, [name]: value };
}

/** Values by name; whether they are legal is said when they are set. */
function parameters(text: string): object {
  try {
    const value: unknown = JSON.parse(text.startsWith("{") ? text : readFileSync(text, "utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
  throw new InvalidArgumentError("It must be a JSON object of parameters by name.");
}

function numbered<K extends string>(name: K, port: number): { [P in K]?: number } {
  // CAST: TypeScript widens a computed key; the object has exactly this one.
  return (port === 0 ? {} : { [name]: port }) as { [P in K]?: number };
}
