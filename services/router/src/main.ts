import { runService } from "@flock/mesh";
import { readRouterConfig } from "./config.js";
import { createRouter } from "./service.js";

await runService("router", readRouterConfig, createRouter);
