import { call, connectMesh, type Mesh, serve } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { claimText } from "@flock/orders";
import { PROTOCOL_VERSION } from "@flock/proto";
import { type AssignDepositRequest, TREASURY } from "@flock/proto/treasury";
import { startTestNats, type TestNats } from "@flock/provision/testing";
import { claimMethod } from "../src/handlers/claim.js";
import { depositInstructionsMethod } from "../src/handlers/deposit-instructions.js";
import { depositsMethod } from "../src/handlers/deposits.js";
import { reservesMethod } from "../src/handlers/reserves.js";
import { suspenseMethods } from "../src/handlers/suspense.js";
import { TestBench, type TestTreasury } from "./test-treasury.js";
import type { TestWallet } from "./test-wallet.js";

const version = PROTOCOL_VERSION;

/** Chain, database and NATS of one test file: treasuries whose calls about deposits are served. */
export class ServedBench {
  readonly bench: TestBench;
  readonly mesh: Mesh;
  readonly #nats: TestNats;

  private constructor(bench: TestBench, mesh: Mesh, nats: TestNats) {
    this.bench = bench;
    this.mesh = mesh;
    this.#nats = nats;
  }

  static async start(): Promise<ServedBench> {
    const [bench, nats] = await Promise.all([TestBench.start(), startTestNats()]);
    const logger = createLogger("treasury-test", "silent");
    const { meter } = createMetrics("treasury-test");
    const mesh = await connectMesh({ natsUrl: nats.url, name: "treasury-test", logger, meter });
    return new ServedBench(bench, mesh, nats);
  }

  async stop(): Promise<void> {
    await this.mesh.close();
    await this.#nats.stop();
    await this.bench.stop();
  }

  async treasury(): Promise<ServedTreasury> {
    const test = await this.bench.treasury();
    test.ledger.open("alice", "carol", "carlo", "dave", "erin", "mallory");
    return new ServedTreasury(test, this.mesh);
  }
}

/** A treasury, and what callers ask of it. */
export class ServedTreasury {
  readonly test: TestTreasury;
  readonly #mesh: Mesh;
  readonly #stop = new AbortController();
  readonly #serving: Promise<void>;

  constructor(test: TestTreasury, mesh: Mesh) {
    this.test = test;
    this.#mesh = mesh;
    const part = serve(mesh, "treasury", [
      depositInstructionsMethod(test.treasury),
      depositsMethod(test.treasury),
      claimMethod(test.treasury),
      reservesMethod(test.treasury),
      ...suspenseMethods(test.treasury),
    ]);
    this.#serving = part.start(this.#stop.signal);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#serving;
    await this.test.bench.both((controls) => controls.clearFaults());
    await this.test.close();
  }

  /** Has a deposit credited to `to`, with the signature of the wallet that sent it. */
  async claim(wallet: TestWallet, deposit: string, to: string) {
    const text = claimText({
      network: this.test.treasury.network,
      account: wallet.address,
      deposit,
      to,
      expiresMs: Date.now() + 60_000,
    });
    return await call(this.#mesh, TREASURY.claim, { version, text, signature: wallet.sign(text) });
  }

  /** Has a deposit credited to an account, by an operator's word. */
  async assign(
    signature: string,
    accountId: string,
    more: Partial<Omit<AssignDepositRequest, "version">> = {},
  ) {
    const request = { version, signature, accountId, operator: "ann", reason: "ticket 11", ...more };
    return await call(this.#mesh, TREASURY.assign, request);
  }
}
