import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startTestChain, type TestChain } from "@flock/chain/testing";
import type { Database } from "@flock/database";
import { FlockError } from "@flock/errors";
import { generateIdentity, type Identity } from "@flock/keys";
import { call, connectMesh, type Mesh } from "@flock/mesh";
import { type MicroLlama, microLlama } from "@flock/money";
import { createLogger, createMetrics } from "@flock/observability";
import { withdrawalText } from "@flock/orders";
import { PROTOCOL_VERSION } from "@flock/proto";
import { LEDGER } from "@flock/proto/ledger";
import { TREASURY } from "@flock/proto/treasury";
import {
  eventually,
  startTestNats,
  startTestPostgres,
  type TestNats,
  type TestPostgres,
} from "@flock/provision/testing";
import { associatedTokenAccount, toAddress } from "@flock/solana";
import { Connection, PublicKey } from "@solana/web3.js";
import { openTreasuryDatabase } from "../src/store/open-database.js";
import type { TreasurySchema } from "../src/store/schema.js";
import { type Interceptor, RpcRelay } from "./rpc-relay.js";
import { ServiceProcess } from "./service-process.js";
import { TestWallet } from "./test-wallet.js";

const SLOT_MS = 20;
const version = PROTOCOL_VERSION;

/** A depositor's share of the supply. */
const GRANT = 1_000_000_000n;

export interface Withdrawal {
  readonly id: string;
  readonly to: string;
  readonly amount: bigint;
}

/**
 * All real parts, each its own process: PostgreSQL, NATS, a chain with two nodes, the ledger, and a treasury that may
 * be killed.
 */
export class CrashRig {
  readonly postgres: TestPostgres;
  readonly nats: TestNats;
  readonly chain: TestChain;
  readonly mesh: Mesh;
  readonly db: Database<TreasurySchema>;
  readonly ledger: ServiceProcess;
  readonly treasury: ServiceProcess;
  readonly mint: string;
  readonly tokenAccount: PublicKey;
  readonly treasuryAddress: string;
  readonly depositors: readonly TestWallet[];
  /** Whose ledger wallet all withdrawals are paid from. */
  readonly payer: Identity = generateIdentity();
  readonly #relays: readonly RpcRelay[];
  readonly #directory: string;
  #isStopped = false;

  private constructor(parts: {
    postgres: TestPostgres;
    nats: TestNats;
    chain: TestChain;
    mesh: Mesh;
    ledger: ServiceProcess;
    treasury: ServiceProcess;
    mint: string;
    treasuryAddress: string;
    depositors: readonly TestWallet[];
    relays: readonly RpcRelay[];
    directory: string;
  }) {
    ({ postgres: this.postgres, nats: this.nats, chain: this.chain, mesh: this.mesh } = parts);
    ({ ledger: this.ledger, treasury: this.treasury, mint: this.mint } = parts);
    ({ treasuryAddress: this.treasuryAddress, depositors: this.depositors } = parts);
    this.#relays = parts.relays;
    this.#directory = parts.directory;
    this.tokenAccount = new PublicKey(
      associatedTokenAccount(toAddress(this.treasuryAddress), toAddress(this.mint)),
    );
    this.db = openTreasuryDatabase({ url: parts.postgres.url, logger: createLogger("test", "silent") });
  }

  static async start(intercept: Interceptor): Promise<CrashRig> {
    const [postgres, nats, chain, directory] = await Promise.all([
      startTestPostgres(),
      startTestNats(),
      startTestChain({ nodes: 2, slotMs: SLOT_MS }),
      mkdtemp(join(tmpdir(), "flock-treasury-")),
    ]);
    const key = generateIdentity();
    const keyFile = join(directory, "treasury.json");
    await writeFile(keyFile, JSON.stringify([...key.secretKey()]), { mode: 0o600 });
    const keys = [generateIdentity(), generateIdentity()];
    const { mint } = await chain.setUpLlama({
      treasuryOwner: key.id,
      grants: keys.map(({ id }) => ({ owner: id, amountMicro: microLlama(GRANT) })),
      funded: [{ address: key.id, sol: 1_000 }, ...keys.map(({ id }) => ({ address: id, sol: 10 }))],
    });
    const depositors = keys.map((identity) => new TestWallet(chain.rpcUrl, mint, identity));
    const relays = await Promise.all(chain.nodes.map(({ rpcUrl }) => RpcRelay.start(rpcUrl, intercept)));
    const common = { DATABASE_URL: postgres.url, NATS_URL: nats.url, LOG_LEVEL: "warn" };
    const genesis = await new Connection(chain.rpcUrl).getGenesisHash();
    const treasury = new ServiceProcess("treasury", {
      ...common,
      SOLANA_RPC_URLS: relays.map(({ url }) => url).join(","),
      SOLANA_GENESIS_HASH: genesis,
      TREASURY_KEY_FILE: keyFile,
      LLAMA_MINT: mint,
      TREASURY_POLL_MS: "100",
      TREASURY_RESEND_MS: "300",
      TREASURY_COLLECT_MS: "300",
      TREASURY_RECONCILE_MS: "600",
    });
    const mesh = await connectMesh({
      natsUrl: nats.url,
      name: "treasury-test",
      logger: createLogger("treasury-test", "silent"),
      meter: createMetrics("treasury-test").meter,
    });
    const ledger = new ServiceProcess("ledger", common);
    const parts = { postgres, nats, chain, mesh, ledger, treasury, mint, depositors, relays, directory };
    return new CrashRig({ ...parts, treasuryAddress: key.id });
  }

  /** Repeats what is idempotent until it is answered for good, or this rig stops. */
  async #insist<T>(
    attempt: () => Promise<T>,
    isTransient: (error: FlockError) => boolean = ({ retry }) => retry !== "never",
  ): Promise<T> {
    for (;;) {
      try {
        return await attempt();
      } catch (thrown) {
        const error = FlockError.from(thrown);
        if (this.#isStopped || !isTransient(error)) throw error;
        await sleep(50);
      }
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.treasury.kill();
    this.ledger.kill();
    await this.mesh.close();
    await this.db.close();
    await Promise.all(this.#relays.map((relay) => relay.stop()));
    await this.chain.stop();
    await this.nats.stop();
    await this.postgres.stop();
    await rm(this.#directory, { recursive: true });
  }

  /** Gives a ledger wallet, the payer's if no other, so much: what the withdrawals take. */
  async fund(amount: MicroLlama, accountId = this.payer.id): Promise<void> {
    const request = { version, transferId: randomUUID(), accountId, amountMicro: amount };
    await this.#insist(() => call(this.mesh, LEDGER.fund, request, { timeoutMs: 3_000 }));
  }

  /** Asks until the treasury has taken it; that it is halted or away for the moment passes. */
  async withdraw({ id, to, amount }: Withdrawal, network: string): Promise<void> {
    const text = withdrawalText({
      network,
      account: this.payer.id,
      amount: microLlama(amount),
      to,
      id,
      expiresMs: Math.ceil(Date.now() / 3_600_000) * 3_600_000 + 3_600_000,
    });
    const request = { version, text, signature: this.payer.sign(Buffer.from(text)) };
    await this.#insist(
      () => call(this.mesh, TREASURY.withdraw, request, { timeoutMs: 1_500 }),
      (error) => error.retry !== "never" || error.code === "failed_precondition" || error.code === "internal",
    );
  }

  /** What each address holds on chain, asked of an honest node directly. */
  async balances(addresses: readonly string[]): Promise<bigint[]> {
    const connection = new Connection(this.chain.rpcUrl, "confirmed");
    const mint = toAddress(this.mint);
    const balances: bigint[] = [];
    for (let from = 0; from < addresses.length; from += 100) {
      const accounts = addresses
        .slice(from, from + 100)
        .map((address) => new PublicKey(associatedTokenAccount(toAddress(address), mint)));
      const found = await connection.getMultipleAccountsInfo(accounts);
      // Layout of a token account: mint 32, owner 32, amount u64.
      balances.push(...found.map((account) => account?.data.readBigUInt64LE(64) ?? 0n));
    }
    return balances;
  }

  /** Rows of a query, as one number. */
  async count(query: string): Promise<number> {
    const { rows } = await this.db.pool.query<{ n: bigint }>(query);
    return Number(rows[0]?.n);
  }

  async clearFaults(): Promise<void> {
    await Promise.all(this.chain.nodes.map(({ controls }) => controls.clearFaults()));
  }

  /** Lifts every halt, as an operator does who has looked: with honest endpoints. Returns the reasons. */
  async liftHalts(): Promise<string[]> {
    const { stops } = await call(this.mesh, TREASURY.status, { version }, { timeoutMs: 3_000 });
    for (const { stopId } of stops) {
      const request = { version, stopId, operator: "test", note: "looked at" };
      await this.#insist(() => call(this.mesh, TREASURY.lift, request, { timeoutMs: 3_000 }));
    }
    return stops.map(({ reason }) => reason);
  }

  async external(): Promise<bigint> {
    const request = { version, ledgerAccount: "external:solana" };
    return (await this.#insist(() => call(this.mesh, LEDGER.balance, request))).postedMicro;
  }

  async treasuryIsUp(): Promise<void> {
    await eventually("the treasury answers", async () => {
      await call(this.mesh, TREASURY.status, { version }, { timeoutMs: 2_000 });
      return true;
    });
  }
}
