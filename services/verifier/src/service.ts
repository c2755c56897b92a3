import { databaseWatch, migrateToLatest, waitForDatabase } from "@flock/database";
import { LADDER_RULES } from "@flock/evidence";
import { Requester } from "@flock/jobs";
import {
  CatalogueView,
  EventPublisher,
  loadMeshSigner,
  ParametersView,
  type Part,
  type Runtime,
  serve,
} from "@flock/mesh";
import type { ParameterValues } from "@flock/parameters";
import { readCells } from "./calibration.js";
import { Checker } from "./checks/checker.js";
import { ChecksAccount } from "./checks/checks-account.js";
import { materialAtApi } from "./checks/examination.js";
import { MeshRefereeRuns } from "./checks/referee-runs.js";
import type { VerifierConfig } from "./config.js";
import { dayKeeper } from "./day-keeper.js";
import { standingMethods } from "./handlers/standings.js";
import { summaryMethod } from "./handlers/summary.js";
import { verdictMethods } from "./handlers/verdicts.js";
import { VerifierMetrics } from "./metrics.js";
import { migrations } from "./migrations/index.js";
import { Sampler } from "./sampler.js";
import { storeCells } from "./store/cells.js";
import { openVerifierDatabase } from "./store/open-database.js";
import { executor } from "./verdicts/executor.js";
import { meshLedger } from "./verdicts/ledger.js";
import { teller } from "./verdicts/teller.js";
import type { CheckRules, Verifier } from "./verifier.js";

/** The verifier. Several processes may run it on the same database: each check is claimed, and decided once. */
export async function createVerifier(config: VerifierConfig, runtime: Runtime): Promise<readonly Part[]> {
  const { logger, clock } = runtime;
  const db = runtime.open(openVerifierDatabase({ url: config.DATABASE_URL, logger }));
  await waitForDatabase(db, { onRetry: (err) => logger.warn({ err }, "waiting for the database") });
  const migrated = await migrateToLatest(db, migrations);
  if (migrated.length > 0) logger.info({ migrations: migrated }, "database migrated");
  await storeCells(db.kysely, await readCells(config.VERIFIER_CALIBRATION_FILE), { keepsOld: true });
  const mesh = await runtime.connect();
  const reports = await runtime.connect();
  const signer = await loadMeshSigner(config.MESH_KEY_FILE);
  const parameters = await ParametersView.load(mesh);
  const protocolIds = new Set(config.VERIFIER_REFEREES);
  if (protocolIds.size === 0)
    logger.warn("no referee is the protocol's own: nothing is ever held against a worker");

  const verifier: Verifier = {
    db,
    rules: () => rulesOf(parameters.current.values),
    clock,
    newId: () => runtime.newId(),
    metrics: new VerifierMetrics(runtime.meter),
    logger,
  };
  const catalogue = new CatalogueView(mesh);
  const requester = new Requester({ mesh, reports, signer, clock }, new EventPublisher(mesh));
  const account = new ChecksAccount(mesh, verifier.metrics, clock);
  const checker = new Checker(
    verifier,
    {
      catalogue,
      materialOf: materialAtApi(mesh),
      runs: new MeshRefereeRuns(requester, account, clock),
      protocolIds,
    },
    account,
    { concurrency: config.VERIFIER_CONCURRENCY, ageMaxMs: config.VERIFIER_CHECK_AGE_MAX_MS },
  );

  // Stopped in reverse: nothing is drawn or begun any more, then what runs ends, then all of it is told.
  return [
    databaseWatch(db),
    parameters,
    catalogue,
    dayKeeper(verifier),
    teller(verifier, mesh),
    executor(verifier, meshLedger(mesh)),
    requester,
    checker,
    new Sampler(verifier, mesh, () => checker.wake()),
    serve(mesh, "verifier", [
      summaryMethod(verifier),
      ...verdictMethods(verifier),
      ...standingMethods(verifier),
    ]),
  ];
}

/** What governance says now. A verdict waits no longer than its jobs can be taken back. */
export function rulesOf(values: ParameterValues): CheckRules {
  return {
    ladder: { ...LADDER_RULES, floorBps: values.checkFloorBps },
    positions: values.checkPositions,
    appealMs: Math.min(values.appealSeconds, values.challengeSeconds) * 1_000,
    takeBackMs: (values.epochSeconds + values.challengeSeconds) * 1_000,
    slashBps: values.slashBps,
  };
}
