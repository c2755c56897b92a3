import { runService } from "@flock/mesh";
import { readTreasuryConfig } from "./config.js";
import { createTreasury } from "./service.js";

await runService("treasury", () => readTreasuryConfig(process.env), createTreasury);
