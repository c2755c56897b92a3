import { runService } from "@flock/mesh";
import { readApiConfig } from "./config.js";
import { createApi } from "./service.js";

await runService("api", readApiConfig, createApi);
