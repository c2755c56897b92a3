import { createLogger } from "@flock/observability";
import type { EngineConfig } from "./config.js";
import { createEngine } from "./engine.js";

/** What freeing the model may take after the drain. */
const RELEASE_TIMEOUT_MS = 5000;

/**
 * Runs the engine as this process: serves until SIGTERM, SIGINT or the loss of a parent's IPC channel, drains, exits 0.
 * Throws if it cannot start.
 */
export async function runEngine(config: EngineConfig): Promise<void> {
  const logger = createLogger("engine", config.LOG_LEVEL);
  let stop: (reason: string) => void = () => {};
  const stopped = new Promise<string>((resolve) => {
    stop = resolve;
  });
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop(signal));
  process.once("disconnect", () => stop("the parent process is gone"));
  const creating = createEngine({
    modelFile: config.ENGINE_MODEL_FILE,
    modelName: config.ENGINE_MODEL_NAME,
    sequences: config.ENGINE_SEQUENCES,
    queueMax: config.ENGINE_QUEUE_MAX,
    contextTokensMax: config.ENGINE_CONTEXT_TOKENS_MAX,
    threads: config.ENGINE_THREADS,
    logger,
  });
  // A large model takes minutes to load: nobody waits for that who wants it to end.
  const engine = await Promise.race([creating, stopped.then(() => undefined)]);
  if (engine === undefined) process.exit(0);
  await engine.listen({ host: config.ENGINE_HOST, port: config.ENGINE_PORT });
  logger.info({ reason: await stopped }, "stopping");
  setTimeout(() => {
    logger.error("stopping takes too long");
    process.exit(1);
  }, config.DRAIN_TIMEOUT_MS + RELEASE_TIMEOUT_MS).unref();
  await engine.close({ drainTimeoutMs: config.DRAIN_TIMEOUT_MS });
  // llama.cpp's helper threads would keep an idle process alive.
  process.exit(0);
}
