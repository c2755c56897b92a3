import { join } from "node:path";
import { FlockError } from "@flock/errors";
import { readServiceEnvironment } from "@flock/mesh";
import { readWorkerConfig, variables } from "../config.js";
import { controlWorker } from "../control.js";
import { enrol } from "./enrol.js";
import { type Arguments, HELP, inOptions, readArguments } from "./options.js";
import { dataFolder } from "./places.js";
import { runWorker } from "./run-worker.js";
import { DEFAULT_HEALTH_PORT, type Surroundings } from "./surroundings.js";

const EXIT_FAILED = 1;
const EXIT_BAD_USAGE = 2;

/** Runs one command. Resolves to the exit code; a worker that runs ends the process itself. */
export async function runCli(
  args: readonly string[],
  surroundings: Surroundings,
  version: string,
): Promise<number> {
  try {
    await act(readArguments(args), surroundings, version);
    return 0;
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : FlockError.from(thrown);
    surroundings.stderr.write(`flock-worker: ${error.message}\n`);
    const isUsage = error instanceof FlockError && error.code === "invalid_argument";
    return isUsage ? EXIT_BAD_USAGE : EXIT_FAILED;
  }
}

async function act(
  { command, variables: used, signature }: Arguments,
  surroundings: Surroundings,
  version: string,
): Promise<void> {
  const { stdout, env } = surroundings;
  if (command === "help") return void stdout.write(HELP);
  if (command === "version") return void stdout.write(`${version}\n`);
  const environment = environmentOf(used, env);
  if (command !== "run" && command !== "enrol") {
    // How it joins is of no concern here.
    const read = () => readServiceEnvironment("WORKER_", variables, environment);
    const { HEALTH_HOST, HEALTH_PORT } = inWords(used, read);
    const answer = await controlWorker(`http://${HEALTH_HOST}:${HEALTH_PORT}`, command);
    return void stdout.write(`${JSON.stringify(answer)}\n`);
  }
  if (!environment["WORKER_API_URL"] && !environment["NATS_URL"])
    throw new FlockError("invalid_argument", "which network? flock-worker --api https://api.example");
  const config = inWords(used, () => readWorkerConfig(environment));
  if (command === "enrol") return enrol(config, signature, surroundings);
  return runWorker(config, surroundings, version);
}

/** Options come before variables, and variables before where this platform keeps things. */
function environmentOf(used: Arguments["variables"], own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const folder = dataFolder(own);
  const environment: NodeJS.ProcessEnv = { ...own, ...used };
  environment["WORKER_KEY_FILE"] ||= join(folder, "wallet.json");
  environment["HEALTH_PORT"] ||= String(DEFAULT_HEALTH_PORT);
  if (environment["WORKER_WALLET"]) environment["WORKER_ENROLMENT_FILE"] ||= join(folder, "enrolment.json");
  return environment;
}

/** Reads a configuration, and tells its faults by the options that were used. */
function inWords<Config>(used: Arguments["variables"], read: () => Config): Config {
  try {
    return read();
  } catch (thrown) {
    const error = FlockError.from(thrown);
    const message = inOptions(error.message.replace(/^bad configuration: /, ""), used);
    throw new FlockError(error.code, message, { cause: error });
  }
}
