import { runService } from "@flock/mesh";
import { readLoadGeneratorConfig } from "./config.js";
import { createLoadGenerator } from "./service.js";

await runService("load-generator", () => readLoadGeneratorConfig(process.env), createLoadGenerator);
