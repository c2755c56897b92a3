import { connectMesh, natsOptions } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { readLedgerConfig } from "../config.js";
import { openReportDatabase } from "../store/open-database.js";
import { replayBooks } from "./replay-books.js";

/**
 * `node dist/replay/main.js`: rebuilds the books from the event stream and compares. Exit code 0: they are the same.
 */
const config = readLedgerConfig(process.env);
const logger = createLogger("ledger-replay", config.LOG_LEVEL);
const db = openReportDatabase({ url: config.DATABASE_URL, logger }, "ledger-replay");
const { meter } = createMetrics("ledger-replay");
const mesh = await connectMesh({ ...natsOptions(config), name: "ledger-replay", logger, meter });
const { position, transfers, faults } = await replayBooks(db, mesh);
const summary = { chainPosition: Number(position), transfers };
for (const fault of faults) logger.error({ fault }, "the books are wrong");
if (faults.length === 0) logger.info(summary, "the events rebuild the books exactly");
await mesh.close();
await db.close();
process.exitCode = faults.length === 0 ? 0 : 1;
