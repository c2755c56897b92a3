import { createLogger } from "@flock/observability";
import { loadConfig } from "./config.js";
import { runChain } from "./run-chain.js";

const logger = createLogger("chain");
try {
  await runChain(loadConfig());
} catch (error) {
  logger.fatal({ err: error }, "the chain failed to start");
  process.exit(1);
}
