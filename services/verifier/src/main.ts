import { runService } from "@flock/mesh";
import { readVerifierConfig } from "./config.js";
import { createVerifier } from "./service.js";

await runService("verifier", () => readVerifierConfig(process.env), createVerifier);
