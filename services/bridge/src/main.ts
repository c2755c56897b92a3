import { runService } from "@flock/mesh";
import { readBridgeConfig } from "./config.js";
import { createBridge } from "./service.js";

await runService("bridge", () => readBridgeConfig(process.env), createBridge);
