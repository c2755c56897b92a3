import { runService } from "@flock/mesh";
import { readWorkerConfig } from "./config.js";
import { createWorker } from "./service.js";

await runService("worker", () => readWorkerConfig(process.env), createWorker);
