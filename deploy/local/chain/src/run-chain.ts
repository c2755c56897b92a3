import { createLogger } from "@flock/observability";
import { ChainServer } from "./chain-server.js";
import type { ChainConfig } from "./config.js";

/** What storing the last snapshot may take. */
const CLOSE_TIMEOUT_MS = 10_000;

/**
 * Runs the chain as this process until SIGTERM, SIGINT or the loss of a parent's IPC channel, stores its state and
 * exits 0. Throws if it cannot start.
 */
export async function runChain(config: ChainConfig): Promise<void> {
  const logger = createLogger("chain", config.LOG_LEVEL);
  let stop: (reason: string) => void = () => {};
  const stopped = new Promise<string>((resolve) => {
    stop = resolve;
  });
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop(signal));
  process.once("disconnect", () => stop("the parent process is gone"));
  const second = config.CHAIN_SECOND_PORT === 0 ? [] : [config.CHAIN_SECOND_PORT];
  const starting = ChainServer.start({
    dataDirectory: config.CHAIN_DATA_DIR,
    host: config.CHAIN_HOST,
    ports: [config.CHAIN_PORT, ...second],
    slotMs: config.CHAIN_SLOT_MS,
    logger,
  });
  // Reading months back takes a while. Nothing has happened yet that must be stored.
  const server = await Promise.race([starting, stopped.then(() => undefined)]);
  if (server === undefined) process.exit(0);
  logger.info({ reason: await stopped }, "stopping");
  setTimeout(() => {
    logger.error("stopping takes too long");
    process.exit(1);
  }, CLOSE_TIMEOUT_MS).unref();
  await server.close();
  // The parent's IPC channel, if it is still there, would keep the process alive.
  process.exit(0);
}
