import { runService } from "@flock/mesh";
import { readLedgerConfig } from "./config.js";
import { createLedger } from "./service.js";

await runService("ledger", () => readLedgerConfig(process.env), createLedger);
