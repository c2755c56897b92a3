import { createLogger } from "@flock/observability";
import { loadConfig } from "./config.js";
import { runEngine } from "./run-engine.js";

const logger = createLogger("engine");
try {
  await runEngine(loadConfig());
} catch (error) {
  logger.fatal({ err: error }, "engine failed to start");
  process.exit(1);
}
