import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestChain, type TestChain } from "@flock/chain/testing";
import { generateIdentity } from "@flock/keys";
import { call, connectMesh, type Mesh, openBucket, startService } from "@flock/mesh";
import { microLlama } from "@flock/money";
import { createLogger, createMetrics } from "@flock/observability";
import { withdrawalText } from "@flock/orders";
import { DEFAULT_PARAMETERS, encodeParameters } from "@flock/parameters";
import { BUCKETS, PARAMS_CURRENT_KEY, PROTOCOL_VERSION } from "@flock/proto";
import { TREASURY } from "@flock/proto/treasury";
import {
  eventually,
  startTestNats,
  startTestPostgres,
  type TestNats,
  type TestPostgres,
} from "@flock/provision/testing";
import { Connection } from "@solana/web3.js";
import { readTreasuryConfig } from "../src/config.js";
import { createTreasury } from "../src/service.js";

const version = PROTOCOL_VERSION;
const logger = createLogger("treasury-test", "silent");

let chain: TestChain;
let nats: TestNats;
let postgres: TestPostgres;
let mesh: Mesh;
let directory: string;

beforeAll(async () => {
  [chain, nats, postgres, directory] = await Promise.all([
    startTestChain({ run: "inside", nodes: 2, slotMs: 20 }),
    startTestNats(),
    startTestPostgres(),
    mkdtemp(join(tmpdir(), "flock-treasury-")),
  ]);
  mesh = await connect();
});

afterAll(async () => {
  await mesh.close();
  await chain.stop();
  await nats.stop();
  await postgres.stop();
  await rm(directory, { recursive: true });
});

function connect(): Promise<Mesh> {
  const meter = createMetrics("treasury-test").meter;
  return connectMesh({ natsUrl: nats.url, name: "treasury-test", logger, meter });
}

async function setParameters(document: string): Promise<void> {
  await (await openBucket(mesh, BUCKETS.params)).put(PARAMS_CURRENT_KEY, document);
}

describe("the treasury as a service", () => {
  it("knows from its first moment that the network's payouts are paused, follows the parameters, and ends in order", async () => {
    const paused = { ...DEFAULT_PARAMETERS.values, payoutsPaused: true };
    await setParameters(encodeParameters({ version: 1, values: paused }));
    const key = generateIdentity();
    const keyFile = join(directory, "key.json");
    await writeFile(keyFile, JSON.stringify([...key.secretKey()]));
    const { mint, treasuryTokenAccount: tokenAccount } = await chain.setUpLlama({ treasuryOwner: key.id });
    const network = await new Connection(chain.rpcUrl).getGenesisHash();
    const config = readTreasuryConfig({
      DATABASE_URL: postgres.url,
      NATS_URL: nats.url,
      SOLANA_RPC_URLS: chain.nodes.map(({ rpcUrl }) => rpcUrl).join(", "),
      SOLANA_GENESIS_HASH: network,
      TREASURY_KEY_FILE: keyFile,
      LLAMA_MINT: mint,
    });
    const meter = createMetrics("treasury").meter;
    const service = startService(createTreasury, config, { name: "treasury", logger, meter });
    await service.started;
    await eventually("it answers", async () => {
      const status = await call(mesh, TREASURY.status, { version });
      return status.address === key.id && status.lamports > 0n;
    });
    await expect(call(mesh, TREASURY.network, { version })).resolves.toEqual({
      version,
      network,
      mint,
      address: key.id,
      tokenAccount,
    });
    const wallet = generateIdentity();
    const text = withdrawalText({
      network,
      account: wallet.id,
      amount: microLlama(5_000_000n),
      to: wallet.id,
      id: crypto.randomUUID(),
      expiresMs: Date.now() + 60_000,
    });
    const withdraw = () =>
      call(mesh, TREASURY.withdraw, { version, text, signature: wallet.sign(Buffer.from(text)) });
    await expect(withdraw()).rejects.toMatchObject({
      code: "failed_precondition",
      message: "payouts are paused by the network's parameters",
    });
    await setParameters(encodeParameters({ version: 2, values: DEFAULT_PARAMETERS.values }));
    await eventually("the pause is over", async () => {
      // There is no ledger here, so it stays requested.
      return (await withdraw()).payout?.signature === "";
    });
    await service.stop();
  });
});
