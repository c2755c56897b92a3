import { join } from "node:path";
import { startTestChain, type TestChain } from "@flock/chain/testing";
import { generateIdentity, type Identity, loadOrCreateIdentity } from "@flock/keys";
import { microLlama } from "@flock/money";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { Connection, PublicKey } from "@solana/web3.js";
import { FakeApi } from "../src/transcripts/fake-api.js";
import { type Run, runHere } from "./run-here.js";

/** The real command and a real chain; only the api that gives the instructions is a fake. */
describe("flock deposit send", () => {
  const api = new FakeApi();
  const treasury = generateIdentity();
  let chain: TestChain;
  let directory: TestDirectory;
  let walletFile: string;
  let wallet: Identity;
  let instructions: Record<string, string>;
  let tokenAccount: string;

  beforeAll(async () => {
    // Slots of 20 ms: what takes a minute on mainnet is over in three seconds.
    [chain, directory] = await Promise.all([
      startTestChain({ run: "inside", slotMs: 20 }),
      createTestDirectory(),
    ]);
    await api.start();
    walletFile = join(directory.path, "wallet.json");
    wallet = await loadOrCreateIdentity(walletFile);
    const llama = await chain.setUpLlama({
      treasuryOwner: treasury.id,
      grants: [{ owner: wallet.id, amountMicro: microLlama(10_000_000n) }],
      funded: [{ address: wallet.id, sol: 1 }],
    });
    await chain.controls.advanceSlots(40); // LLAMA's creation is finalized.
    tokenAccount = llama.treasuryTokenAccount;
    instructions = {
      network: await new Connection(chain.rpcUrl).getGenesisHash(),
      mint: llama.mint,
      address: treasury.id,
      token_account: tokenAccount,
      memo: `flock:${wallet.id}`,
      url: "solana:",
      deposit_min_micro: "10000",
    };
  });
  afterAll(async () => {
    await chain?.stop();
    await api.stop();
    await directory?.remove();
  });
  beforeEach(() => api.answer("GET /deposit", instructions));

  const deposit = (...args: string[]): Promise<Run> =>
    runHere(["deposit", "send", "--yes", "--data-dir", directory.path, ...args], {
      FLOCK_API_URL: api.url,
      FLOCK_WALLET: walletFile,
      SOLANA_RPC_URL: chain.rpcUrl,
    });

  it("pays in exactly what was asked for, with the memo, and is done when that is final", async () => {
    const connection = new Connection(chain.rpcUrl, "confirmed");
    const held = async () =>
      BigInt((await connection.getTokenAccountBalance(new PublicKey(tokenAccount))).value.amount);
    const before = await held();
    const { stdout, stderr } = await deposit("2.500001", "--json");
    expect(stderr).toBe("");
    const { signature, amount_micro: amount } = JSON.parse(stdout);
    expect(amount).toBe("2500001");
    const [found] = (await connection.getSignatureStatuses([signature], { searchTransactionHistory: true }))
      .value;
    expect(found).toMatchObject({ err: null, confirmationStatus: "finalized" });
    expect((await held()) - before).toBe(2_500_001n);
    const [newest] = await connection.getSignaturesForAddress(new PublicKey(tokenAccount), { limit: 1 });
    expect(newest).toMatchObject({ signature, memo: expect.stringContaining(`flock:${wallet.id}`) });
  });

  it("says what the wallet holds when that is too little", async () => {
    expect(await deposit("8", "--quiet")).toEqual({
      code: 5,
      stdout: "",
      stderr: "flock: 8 LLAMA are to be sent, the wallet holds 7.499999 on chain\n",
    });
  });

  it("sends nothing on another chain, or to an account that is not the treasury's", async () => {
    api.answer("GET /deposit", { ...instructions, network: "devnet" });
    expect((await deposit("1")).stderr).toMatch(/is a node of the chain \w+, not of devnet\n$/);
    api.answer("GET /deposit", { ...instructions, address: wallet.id });
    expect((await deposit("1")).stderr).toMatch(/is not the token account of \w+: nothing was sent\n$/);
  });

  it("lands although the first sending is dropped", async () => {
    await chain.controls.drop();
    expect((await deposit("0.5")).code).toBe(0);
  });

  it("says that nothing was sent when it did not land in time", async () => {
    await chain.controls.drop({ times: 1_000 });
    const { code, stderr } = await deposit("0.5");
    await chain.controls.clearFaults();
    expect({ code, stderr }).toEqual({
      code: 6,
      stderr: expect.stringMatching(/did not land and never will: nothing was sent\n$/),
    });
  });
});
