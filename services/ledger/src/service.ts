import { databaseWatch, migrateToLatest, waitForDatabase } from "@flock/database";
import { ParametersView, type Part, type Runtime, serve, Wake } from "@flock/mesh";
import { auditor, balanceAuditor } from "./audit/auditor.js";
import { commitFolder } from "./commit-folder.js";
import type { LedgerConfig } from "./config.js";
import { epochCloser } from "./epoch-closer.js";
import { epochTurner } from "./epoch-turner.js";
import { GroupCommitter } from "./group-committer.js";
import { servedMethods } from "./handlers/served-methods.js";
import { holdExpirer } from "./hold-expirer.js";
import { LedgerMetrics } from "./metrics.js";
import { migrations } from "./migrations/index.js";
import { OperationRunner } from "./operation-runner.js";
import { Settler } from "./settler.js";
import { stakeReleaser } from "./stake-releaser.js";
import { ensureGenesis } from "./store/genesis.js";
import {
  openAuditDatabase,
  openLedgerDatabase,
  openReportDatabase,
  openWriterDatabase,
} from "./store/open-database.js";
import { RecentCommits } from "./store/recent-commits.js";
import { transferPublisher } from "./transfer-publisher.js";

/** The ledger. Any number of processes may run it on the same database. */
export async function createLedger(config: LedgerConfig, runtime: Runtime): Promise<readonly Part[]> {
  const { logger } = runtime;
  const options = { url: config.DATABASE_URL, logger };
  const db = runtime.open(openLedgerDatabase(options));
  const writer = runtime.open(openWriterDatabase(options));
  const auditDb = runtime.open(openAuditDatabase(options, "ledger-auditor"));
  const epochDb = runtime.open(openReportDatabase(options, "ledger-epochs"));
  await waitForDatabase(db, { onRetry: (err) => logger.warn({ err }, "waiting for the database") });
  const migrated = await migrateToLatest(db, migrations);
  if (migrated.length > 0) logger.info({ migrations: migrated }, "database migrated");
  const mesh = await runtime.connect();
  const parameters = await ParametersView.load(mesh);
  const protocolIds = await ensureGenesis(db.pool, parameters.current);

  const metrics = new LedgerMetrics(runtime.meter);
  const committed = new Wake();
  const recent = new RecentCommits();
  const committer = new GroupCommitter(writer.pool, protocolIds, {
    parameters: () => parameters.current,
    groupMax: config.LEDGER_GROUP_MAX,
    onCommit: ({ operations, durationMs, written, transfers }) => {
      metrics.commit(operations, durationMs);
      recent.add(written, transfers);
      committed.call();
    },
  });
  const operations = new OperationRunner(committer, metrics);

  // Stopped in reverse: no new calls and events first, what they left to publish and to fold last.
  return [
    databaseWatch(db),
    parameters,
    balanceAuditor({ db: auditDb, metrics, logger }, config.LEDGER_AUDIT_INTERVAL_MS),
    auditor({ db: auditDb, metrics, logger }, config.LEDGER_FULL_AUDIT_INTERVAL_MS),
    commitFolder(db, metrics, logger),
    transferPublisher({ db, mesh, metrics, recent, committed }),
    epochCloser({ db, reports: epochDb, operations, mesh, metrics }),
    epochTurner(db, () => parameters.current, logger),
    holdExpirer(db, operations, logger, config.LEDGER_EXPIRY_INTERVAL_MS),
    stakeReleaser(db, operations, logger, config.LEDGER_EXPIRY_INTERVAL_MS),
    new Settler(mesh, operations),
    serve(mesh, "ledger", servedMethods(operations, db)),
  ];
}
