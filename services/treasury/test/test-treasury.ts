import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setUpLlama } from "@flock/chain";
import { startTestChain, type TestChain } from "@flock/chain/testing";
import { migrateToLatest } from "@flock/database";
import { generateIdentity, type Identity } from "@flock/keys";
import { type Clock, systemClock } from "@flock/mesh";
import { type MicroLlama, microLlama } from "@flock/money";
import { createLogger, createMetrics } from "@flock/observability";
import { startTestPostgres, type TestPostgres } from "@flock/provision/testing";
import { toAddress } from "@flock/solana";
import { createTransferCheckedInstruction } from "@solana/spl-token";
import { Keypair, PublicKey } from "@solana/web3.js";
import { Reconciler } from "../src/books/reconciler.js";
import { Endpoints } from "../src/chain/endpoints.js";
import { Fees } from "../src/chain/fees.js";
import { DepositScanner } from "../src/deposits/deposit-scanner.js";
import { keepMovementBooks } from "../src/deposits/movement-bookkeeper.js";
import type { Limits } from "../src/domain/limits.js";
import type { PayoutOrder } from "../src/domain/payout.js";
import { TreasuryMetrics } from "../src/metrics.js";
import { migrations } from "../src/migrations/index.js";
import { sendDue } from "../src/payouts/batch-sender.js";
import { BatchSigner } from "../src/payouts/batch-signer.js";
import { BatchWatcher } from "../src/payouts/batch-watcher.js";
import { payEarnings } from "../src/payouts/earnings-payer.js";
import { EpochAnchorer } from "../src/payouts/epoch-anchorer.js";
import { keepPayoutBooks } from "../src/payouts/payout-bookkeeper.js";
import { SolanaChain } from "../src/solana/solana-chain.js";
import { SolanaTransactions } from "../src/solana/transactions.js";
import { treasuryAccounts } from "../src/solana/treasury-accounts.js";
import { type MovementRecord, readMovementRecord } from "../src/store/movements.js";
import { openTreasuryDatabase } from "../src/store/open-database.js";
import { type PayoutRecord, readPayout, recordPayout } from "../src/store/payouts.js";
import { liftStop, raiseStop, type Stop, stopsInForce } from "../src/store/stops.js";
import { halt, type Treasury } from "../src/treasury.js";
import { FakeLedger } from "./fake-ledger.js";
import { TestIssuer } from "./test-issuer.js";
import { TestWallet } from "./test-wallet.js";

export const LLAMA = 1_000_000n;
/** Slots until what was just sent is finalized. */
const FINALITY_SLOTS = 40;
/** Slots until a blockhash is too old, the margin is over, and that is finalized. */
const EXPIRY_SLOTS = 260;

export const llama = (amount: number): MicroLlama => microLlama(BigInt(amount) * LLAMA);

/** What a treasury is opened with; the clock is this machine's unless a test steps its own. */
interface TreasuryOf {
  readonly key: Identity;
  readonly mint: string;
  readonly limits?: Partial<Limits>;
  readonly clock?: Clock | undefined;
}

/** Chain and database of one test file, and treasuries on them. */
export class TestBench {
  readonly chain: TestChain;
  readonly postgres: TestPostgres;
  readonly #directory: string;
  /** A migrated database, to be copied. */
  readonly #template: string;
  #mints = 0;

  private constructor(chain: TestChain, postgres: TestPostgres, directory: string, template: string) {
    this.chain = chain;
    this.postgres = postgres;
    this.#directory = directory;
    this.#template = template;
  }

  static async start(): Promise<TestBench> {
    const [chain, postgres, directory] = await Promise.all([
      startTestChain({ nodes: 2, run: "inside" }),
      startTestPostgres(),
      mkdtemp(join(tmpdir(), "flock-treasury-")),
    ]);
    const template = await postgres.createDatabase();
    const db = openTreasuryDatabase({ url: template, logger: createLogger("treasury-test", "silent") });
    await migrateToLatest(db, migrations);
    await db.close();
    return new TestBench(chain, postgres, directory, template);
  }

  async stop(): Promise<void> {
    await this.chain.stop();
    await this.postgres.stop();
    await rm(this.#directory, { recursive: true });
  }

  /** A fault at both nodes: one that the other node must not heal. */
  async both<T>(fault: (controls: TestChain["controls"]) => Promise<T>): Promise<void> {
    await Promise.all(this.chain.nodes.map(({ controls }) => fault(controls)));
  }

  /** A treasury with a key, a mint (all of it in its token account), a database and a (fake) ledger of its own. */
  async treasury(limits: Partial<Limits> = {}, clock?: Clock): Promise<TestTreasury> {
    const key = generateIdentity();
    const { mint } = await setUpLlama({
      rpcUrl: this.chain.rpcUrl,
      mintKeyFile: join(this.#directory, `mint-${++this.#mints}.json`),
      treasuryOwner: key.id,
    });
    return await this.open({ key, mint, limits, clock });
  }

  /** As {@link treasury}, of a mint with somebody who can freeze its accounts: nobody can freeze LLAMA's. */
  async freezableTreasury(): Promise<{ readonly test: TestTreasury; readonly issuer: TestIssuer }> {
    const key = generateIdentity();
    const issuer = await TestIssuer.issue(this.chain, key.id);
    await new TestWallet(this.chain.rpcUrl, issuer.mint, key).fund(100);
    return { test: await this.open({ key, mint: issuer.mint }), issuer };
  }

  /** A treasury with this key, whatever its token account of this mint holds, if there is one. */
  async open(of: TreasuryOf): Promise<TestTreasury> {
    await this.chain.controls.advanceSlots(FINALITY_SLOTS);
    return await TestTreasury.open(this, await this.postgres.createDatabase(this.#template), of);
  }
}

/** The treasury's parts, in the test's hands: each does one round when told. */
export class TestTreasury {
  readonly bench: TestBench;
  readonly treasury: Treasury;
  readonly ledger: FakeLedger;
  readonly limits: { current: Limits };
  readonly logged: string[];
  readonly signer: BatchSigner;
  readonly watcher: BatchWatcher;
  readonly scanner: DepositScanner;
  readonly reconciler: Reconciler;
  readonly anchorer: EpochAnchorer;
  readonly #key: Identity;

  private constructor(
    bench: TestBench,
    treasury: Treasury,
    limits: { current: Limits },
    logged: string[],
    key: Identity,
  ) {
    this.bench = bench;
    this.#key = key;
    this.treasury = treasury;
    // CAST: open() below puts one there.
    this.ledger = treasury.ledger as FakeLedger;
    this.limits = limits;
    this.logged = logged;
    const fees = new Fees(treasury, { priceMax: 100_000n, lamportsMin: 1_000n });
    this.signer = new BatchSigner(treasury, fees, { collectMs: 0 });
    this.watcher = new BatchWatcher(treasury, { intervalMs: 10, marginBlocks: 32n });
    this.scanner = new DepositScanner(treasury, { intervalMs: 10, overlap: 2_000 });
    this.reconciler = new Reconciler(treasury, this.scanner, 10);
    this.anchorer = new EpochAnchorer(treasury, fees, 10);
  }

  static async open(
    bench: TestBench,
    url: string,
    { key, mint, limits = {}, clock = systemClock }: TreasuryOf,
  ): Promise<TestTreasury> {
    const logged: string[] = [];
    const logger = createLogger("treasury-test", "warn", { write: (line) => void logged.push(line) });
    const db = openTreasuryDatabase({ url, logger });
    const accounts = treasuryAccounts(toAddress(key.id), toAddress(mint));
    const current: Limits = {
      payoutMin: llama(1),
      payoutMax: llama(1_000_000),
      payoutDailyMax: llama(100_000_000),
      payoutThreshold: llama(10),
      depositMin: microLlama(10_000n),
      arePayoutsPaused: false,
      ...limits,
    };
    const source = { current };
    const endpoints = new Endpoints(
      bench.chain.nodes.map(({ rpcUrl }) => new SolanaChain({ url: rpcUrl, accounts, timeoutMs: 2_000 })),
    );
    const treasury: Treasury = {
      db,
      endpoints,
      ledger: new FakeLedger(),
      signer: { address: key.id, sign: async (message) => key.sign(message) },
      accounts,
      transactions: new SolanaTransactions(accounts),
      network: await endpoints.any((chain) => chain.genesisHash()),
      limits: () => source.current,
      clock,
      metrics: new TreasuryMetrics(createMetrics("treasury-test").meter),
      logger,
    };
    const test = new TestTreasury(bench, treasury, source, logged, key);
    await test.scan();
    await test.keepBooks();
    return test;
  }

  /** The treasury's addresses as web3.js takes them. */
  get keys() {
    const { wallet, mint, tokenAccount } = this.treasury.accounts;
    return {
      wallet: new PublicKey(wallet),
      mint: new PublicKey(mint),
      tokenAccount: new PublicKey(tokenAccount),
    };
  }

  wallet(): TestWallet {
    return new TestWallet(this.bench.chain.rpcUrl, this.treasury.accounts.mint);
  }

  /** Somebody who has the treasury's key. */
  keyHolder(): TestWallet {
    return new TestWallet(this.bench.chain.rpcUrl, this.treasury.accounts.mint, this.#key);
  }

  /** What a thief would do who has the treasury's key. */
  async stealWithTreasuryKey(thief: TestWallet, amount: bigint): Promise<string> {
    const { wallet, mint, tokenAccount } = this.keys;
    await thief.openTokenAccount();
    await this.bench.chain.controls.advanceSlots(1);
    const transfer = createTransferCheckedInstruction(
      tokenAccount,
      mint,
      thief.tokenAccount,
      wallet,
      amount,
      6,
    );
    return await thief.send([transfer], [Keypair.fromSecretKey(this.#key.secretKey())]);
  }

  async close(): Promise<void> {
    await this.treasury.db.close();
  }

  /** Records what is finalized on chain. */
  async scan(): Promise<number> {
    return await this.treasury.endpoints.any((chain) => this.scanner.scan("new", chain));
  }

  /** Tells the ledger of everything there is to tell. */
  async keepBooks(): Promise<void> {
    await keepPayoutBooks(this.treasury);
    await keepMovementBooks(this.treasury);
  }

  /** A requested payout out of an account that the ledger knows to hold enough. */
  async request(recipient: string, amount: MicroLlama, more: Partial<PayoutOrder> = {}): Promise<string> {
    const id = more.id ?? crypto.randomUUID();
    const ledgerAccount = more.ledgerAccount ?? `vested:${recipient}`;
    this.ledger.give(ledgerAccount, amount);
    await recordPayout(this.treasury.db.kysely, {
      id,
      origin: "earnings",
      ledgerAccount,
      recipient,
      amount,
      ...more,
    });
    return id;
  }

  async payout(id: string): Promise<PayoutRecord> {
    const found = await readPayout(this.treasury.db.kysely, id);
    if (found === undefined) throw new Error(`no payout ${id}`);
    return found;
  }

  /** A wallet with SOL, and 1 000 LLAMA that were paid out to it. */
  async richWallet(): Promise<TestWallet> {
    const wallet = this.wallet();
    await wallet.fund();
    await this.request(wallet.address, llama(1_000));
    await this.payAll();
    return wallet;
  }

  movement(signature: string): Promise<MovementRecord | undefined> {
    return readMovementRecord(this.treasury.db.kysely, signature);
  }

  /** The transactions that were signed, oldest first, with their size and how many payouts are in each. */
  async batches(): Promise<{ id: string; state: string; bytes: number; payouts: bigint }[]> {
    const { rows } = await this.treasury.db.pool.query(
      `SELECT b.id, b.state, length(b.raw) AS bytes, (SELECT count(*) FROM batch_payouts WHERE batch_id = b.id) AS payouts
         FROM batches b ORDER BY b.created_at, b.id`,
    );
    return rows;
  }

  /** Reserves and signs what is requested. */
  async sign(): Promise<void> {
    await this.keepBooks();
    while (await this.signer.round()) await this.keepBooks();
  }

  send(): Promise<void> {
    return sendDue(this.treasury, 0);
  }

  /** What was sent lands and is finalized, and the treasury learns of it. */
  async finalize(): Promise<void> {
    await this.bench.chain.controls.advanceSlots(FINALITY_SLOTS);
    await this.learn();
  }

  /** What was signed and did not land can never land any more, and the treasury looks. */
  async expire(): Promise<void> {
    await this.bench.chain.controls.advanceSlots(EXPIRY_SLOTS);
    await this.learn();
  }

  /** Looks at the chain, and keeps the books. */
  async learn(): Promise<void> {
    await this.watcher.round();
    await this.scan();
    await this.keepBooks();
  }

  /** From requested to posted, as if nothing could go wrong. */
  async payAll(): Promise<void> {
    await this.sign();
    await this.send();
    await this.finalize();
  }

  stops(): Promise<Stop[]> {
    return stopsInForce(this.treasury.db.kysely);
  }

  payEarnings(): Promise<boolean> {
    return payEarnings(this.treasury);
  }

  async pause(): Promise<void> {
    await raiseStop(this.treasury.db.kysely, {
      kind: "pause",
      subject: "operator",
      reason: "test",
      by: "test",
    });
  }

  async halt(reason: string): Promise<void> {
    await halt(this.treasury, "books", reason);
  }

  async liftAll(): Promise<void> {
    for (const { id } of await this.stops()) await liftStop(this.treasury.db, id, "test", "looked at");
  }

  async expectPaidOnce(id: string, wallet: TestWallet, amount: bigint): Promise<void> {
    expect(await this.payout(id)).toMatchObject({ state: "posted" });
    expect(await wallet.balance()).toBe(amount);
    await this.expectReconciled();
  }

  /** Fails the test unless chain, record and ledger agree to the last unit and nothing is halted. */
  async expectReconciled(): Promise<void> {
    await this.reconciler.round();
    expect(await this.stops()).toEqual([]);
    const { amount } = await this.treasury.endpoints.any((chain) => chain.holdings());
    expect(-this.ledger.balance("external:solana")).toBe(amount);
  }
}
