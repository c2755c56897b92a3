import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestChain, type TestChain } from "@flock/chain/testing";
import { generateIdentity } from "@flock/keys";
import { systemClock } from "@flock/mesh";
import { SteppedClock } from "@flock/mesh/testing";
import { createLogger } from "@flock/observability";
import { Connection } from "@solana/web3.js";
import { openKeyFileSigner } from "../src/chain/key-file-signer.js";
import { openChain } from "../src/chain/open-chain.js";
import { readTreasuryConfig } from "../src/config.js";

const NOW = { clock: systemClock, logger: createLogger("treasury-test", "silent") };
const identity = generateIdentity();
const signer = { address: identity.id, sign: async (message: Uint8Array) => identity.sign(message) };

let chain: TestChain;
let mint: string;
let genesis: string;

beforeAll(async () => {
  chain = await startTestChain({ run: "inside" });
  ({ mint } = await chain.setUpLlama({ treasuryOwner: identity.id }));
  await chain.controls.advanceSlots(10);
  genesis = await new Connection(chain.rpcUrl).getGenesisHash();
});

afterAll(() => chain.stop());

const open = (more: { genesis?: string; mint?: string } = {}, at: Parameters<typeof openChain>[2] = NOW) =>
  openChain(
    {
      SOLANA_RPC_URLS: [chain.rpcUrl],
      SOLANA_GENESIS_HASH: more.genesis ?? genesis,
      LLAMA_MINT: more.mint ?? mint,
    },
    signer,
    at,
  );

describe("a treasury does not start", () => {
  it("unless every endpoint serves the configured network", async () => {
    const { accounts } = await open();
    expect(accounts.wallet).toBe(identity.id);
    await expect(open({ genesis: "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d" })).rejects.toMatchObject({
      code: "failed_precondition",
      message: expect.stringContaining(`serves the network ${genesis}`),
    });
  });

  it("while an endpoint does not answer, and gives up after a minute", async () => {
    const clock = new SteppedClock();
    const begunMs = clock.nowMs();
    let waits = 0;
    const logger = createLogger("treasury-test", "warn", {
      write() {
        waits += 1;
        // The last moment at which it still waits, and then the next one.
        clock.step(waits === 1 ? 60_000 : 1);
      },
    });
    await chain.controls.fail({ failure: { kind: "http", status: 503 }, times: 1_000 });
    await expect(open({}, { clock, logger })).rejects.toMatchObject({ code: "unavailable" });
    await chain.controls.clearFaults();
    expect([waits, clock.nowMs() - begunMs]).toEqual([2, 60_001]);
  });

  it("with a mint that is none", async () => {
    await expect(open({ mint: identity.id })).rejects.toThrow("is not a mint");
    await expect(open({ mint: generateIdentity().id })).rejects.toThrow("does not exist on this network");
  });

  it("without its key: it never makes one", async () => {
    const directory = await mkdtemp(join(tmpdir(), "flock-treasury-"));
    const path = join(directory, "key.json");
    await expect(openKeyFileSigner(path)).rejects.toMatchObject({ code: "failed_precondition" });
    await writeFile(path, "[1,2,3]");
    await expect(openKeyFileSigner(path)).rejects.toMatchObject({ code: "failed_precondition" });
    await writeFile(path, JSON.stringify([...identity.secretKey()]));
    expect((await openKeyFileSigner(path)).address).toBe(identity.id);
    await rm(directory, { recursive: true });
  });

  it("with a configuration that is wrong, and names everything that is", () => {
    expect(() => readTreasuryConfig({ SOLANA_RPC_URLS: "ftp://x", LLAMA_MINT: "0" })).toThrow(
      /DATABASE_URL.*SOLANA_RPC_URLS.*SOLANA_GENESIS_HASH.*TREASURY_KEY_FILE.*LLAMA_MINT/,
    );
  });
});
