import { databaseWatch, migrateToLatest, waitForDatabase } from "@flock/database";
import { ParametersView, type Part, type Runtime, serve } from "@flock/mesh";
import { Reconciler } from "./books/reconciler.js";
import { feeWatch } from "./chain/fee-watch.js";
import { Fees } from "./chain/fees.js";
import { openKeyFileSigner } from "./chain/key-file-signer.js";
import { openChain } from "./chain/open-chain.js";
import type { TreasuryConfig } from "./config.js";
import { DepositScanner } from "./deposits/deposit-scanner.js";
import { movementBookkeeper } from "./deposits/movement-bookkeeper.js";
import { limitsOf } from "./domain/limits.js";
import { claimMethod } from "./handlers/claim.js";
import { depositInstructionsMethod } from "./handlers/deposit-instructions.js";
import { depositsMethod } from "./handlers/deposits.js";
import { networkMethod } from "./handlers/network.js";
import { operatorMethods } from "./handlers/operator.js";
import { payoutsMethod } from "./handlers/payouts.js";
import { reservesMethod } from "./handlers/reserves.js";
import { suspenseMethods } from "./handlers/suspense.js";
import { withdrawMethod } from "./handlers/withdraw.js";
import { MeshLedger } from "./ledger.js";
import { TreasuryMetrics } from "./metrics.js";
import { migrations } from "./migrations/index.js";
import { batchSender } from "./payouts/batch-sender.js";
import { BatchSigner } from "./payouts/batch-signer.js";
import { BatchWatcher } from "./payouts/batch-watcher.js";
import { earningsPayer } from "./payouts/earnings-payer.js";
import { EpochAnchorer } from "./payouts/epoch-anchorer.js";
import { payoutBookkeeper } from "./payouts/payout-bookkeeper.js";
import { SolanaTransactions } from "./solana/transactions.js";
import { openTreasuryDatabase } from "./store/open-database.js";
import type { Treasury } from "./treasury.js";

/** The treasury. Several processes may run it on the same database: every change is conditional on the state before. */
export async function createTreasury(config: TreasuryConfig, runtime: Runtime): Promise<readonly Part[]> {
  const { logger } = runtime;
  const db = runtime.open(openTreasuryDatabase({ url: config.DATABASE_URL, logger }));
  await waitForDatabase(db, { onRetry: (err) => logger.warn({ err }, "waiting for the database") });
  const migrated = await migrateToLatest(db, migrations);
  if (migrated.length > 0) logger.info({ migrations: migrated }, "database migrated");
  const mesh = await runtime.connect();
  const signer = await openKeyFileSigner(config.TREASURY_KEY_FILE);
  const { endpoints, accounts } = await openChain(config, signer, runtime);
  // Before anything else: a network whose payouts are paused stays paused.
  const parameters = await ParametersView.load(mesh);

  const treasury: Treasury = {
    db,
    endpoints,
    ledger: new MeshLedger(mesh),
    signer,
    accounts,
    transactions: new SolanaTransactions(accounts),
    network: config.SOLANA_GENESIS_HASH,
    limits: () => limitsOf(parameters.current.values),
    clock: runtime.clock,
    metrics: new TreasuryMetrics(runtime.meter),
    logger,
  };
  const lamportsMin = config.TREASURY_LAMPORTS_MIN;
  const fees = new Fees(treasury, { priceMax: BigInt(config.TREASURY_PRIORITY_FEE_MAX), lamportsMin });
  const intervalMs = config.TREASURY_POLL_MS;
  const scanner = new DepositScanner(treasury, { intervalMs, overlap: config.TREASURY_SCAN_OVERLAP });

  return [
    databaseWatch(db),
    parameters,
    feeWatch(treasury, lamportsMin),
    scanner,
    movementBookkeeper(treasury),
    new Reconciler(treasury, scanner, config.TREASURY_RECONCILE_MS),
    new BatchWatcher(treasury, {
      intervalMs,
      marginBlocks: BigInt(config.TREASURY_EXPIRY_MARGIN_BLOCKS),
    }),
    batchSender(treasury, { resendMs: config.TREASURY_RESEND_MS }),
    new BatchSigner(treasury, fees, { collectMs: config.TREASURY_COLLECT_MS }),
    payoutBookkeeper(treasury),
    earningsPayer(treasury),
    new EpochAnchorer(treasury, fees, intervalMs),
    serve(mesh, "treasury", [
      withdrawMethod(treasury),
      payoutsMethod(treasury),
      networkMethod(treasury),
      depositInstructionsMethod(treasury),
      depositsMethod(treasury),
      claimMethod(treasury),
      reservesMethod(treasury),
      ...operatorMethods(treasury),
      ...suspenseMethods(treasury),
    ]),
  ];
}
