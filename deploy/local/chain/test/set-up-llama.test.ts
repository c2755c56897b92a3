import { join } from "node:path";
import { loadOrCreateIdentity } from "@flock/keys";
import { microLlama } from "@flock/money";
import { createTestDirectory } from "@flock/provision/testing";
import { getAssociatedTokenAddressSync } from "@solana/spl-token";
import { Connection, Keypair, PublicKey } from "@solana/web3.js";
import { setUpLlama } from "../src/index.js";
import { startTestChain, type TestChain } from "../src/testing.js";

/** 100 billion LLAMA in µLLAMA. */
const SUPPLY = "100000000000000000";

let chain: TestChain;
let connection: Connection;
beforeEach(async () => {
  chain = await startTestChain({ run: "inside" });
  connection = new Connection(chain.rpcUrl, "confirmed");
});
afterEach(() => chain.stop());

describe("setUpLlama", () => {
  it("gives the treasury all 100 billion, and nobody the power to mint or freeze", async () => {
    const treasuryOwner = Keypair.generate().publicKey.toBase58();
    const funded = [{ address: Keypair.generate().publicKey.toBase58(), sol: 3 }];
    const llama = await chain.setUpLlama({ treasuryOwner, funded });
    await chain.controls.advanceSlots(2);
    const { value } = await connection.getParsedAccountInfo(new PublicKey(llama.mint));
    expect(value?.data).toMatchObject({
      parsed: { info: { decimals: 6, supply: SUPPLY, mintAuthority: null, freezeAuthority: null } },
    });
    const held = await connection.getTokenAccountBalance(new PublicKey(llama.treasuryTokenAccount));
    expect(held.value.amount).toBe(SUPPLY);
    expect(await connection.getBalance(new PublicKey(treasuryOwner))).toBe(100e9);
    expect(await connection.getBalance(new PublicKey(funded[0]?.address ?? ""))).toBe(3e9);
  });

  it("does nothing when everything is there", async () => {
    const treasuryOwner = Keypair.generate().publicKey.toBase58();
    const first = await chain.setUpLlama({ treasuryOwner });
    const { transactions } = await chain.controls.state();
    expect(await chain.setUpLlama({ treasuryOwner })).toEqual(first);
    expect((await chain.controls.state()).transactions).toBe(transactions);
  });

  it("can be run by two at once, and can give others a part of the supply", async () => {
    const treasuryOwner = Keypair.generate().publicKey.toBase58();
    const owner = Keypair.generate().publicKey;
    const options = { treasuryOwner, grants: [{ owner: owner.toBase58(), amountMicro: microLlama(5n) }] };
    const [first, second] = await Promise.all([chain.setUpLlama(options), chain.setUpLlama(options)]);
    expect(second).toEqual(first);
    const held = async (account: PublicKey) =>
      (await connection.getTokenAccountBalance(account, "processed")).value.amount;
    expect(await held(new PublicKey(first.treasuryTokenAccount))).toBe("99999999999999995");
    expect(await held(getAssociatedTokenAddressSync(new PublicKey(first.mint), owner))).toBe("5");
  });

  it("refuses to touch an account that is not LLAMA", async () => {
    const treasuryOwner = Keypair.generate().publicKey.toBase58();
    const directory = await createTestDirectory();
    try {
      const mintKeyFile = join(directory.path, "mint.json");
      const { id } = await loadOrCreateIdentity(mintKeyFile);
      await connection.requestAirdrop(new PublicKey(id), 1e9);
      const options = { rpcUrl: chain.rpcUrl, mintKeyFile, treasuryOwner };
      await expect(setUpLlama(options)).rejects.toThrow(`the account ${id} is not the LLAMA mint`);
    } finally {
      await directory.remove();
    }
  });

  it("survives the chain being killed", async () => {
    const treasuryOwner = Keypair.generate().publicKey.toBase58();
    const first = await chain.setUpLlama({ treasuryOwner });
    await chain.restart();
    expect(await chain.setUpLlama({ treasuryOwner })).toEqual(first);
    const { value } = await connection.getTokenSupply(new PublicKey(first.mint), "processed");
    expect(value.amount).toBe(SUPPLY);
  });
});
