import {
  ComputeBudgetProgram,
  Keypair,
  PublicKey,
  SystemProgram,
  TransactionMessage,
  VersionedTransaction,
} from "@solana/web3.js";
import { LlamaChain, memoInstruction, transferSol } from "./llama-chain.js";

/* Connection checks the shape of every answer, so each call here is a test of that shape too. */

let llama: LlamaChain;
beforeAll(async () => {
  llama = await LlamaChain.start();
});
afterAll(() => llama.stop());

const TOKEN_PROGRAM = new PublicKey("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");

describe("an unmodified Connection reads", () => {
  it("the cluster: version, slots, heights, epochs, times and hashes that belong together", async () => {
    const { connection } = llama;
    expect(await connection.getVersion()).toMatchObject({ "solana-core": expect.any(String) });
    const slot = await connection.getSlot("processed");
    expect(slot - (await connection.getSlot("confirmed"))).toBe(2);
    expect(slot - (await connection.getSlot("finalized"))).toBe(32);
    const height = await connection.getBlockHeight("processed");
    expect(height).not.toBe(slot);
    expect(await connection.getEpochInfo("processed")).toMatchObject({
      absoluteSlot: slot,
      blockHeight: height,
    });
    expect(await connection.getEpochSchedule()).toMatchObject({ slotsPerEpoch: 432_000 });
    const latest = await connection.getLatestBlockhashAndContext("processed");
    expect(latest.context.slot).toBe(slot);
    expect(latest.value.lastValidBlockHeight).toBe(height + 150);
    expect((await connection.isBlockhashValid(latest.value.blockhash)).value).toBe(false);
    expect(
      (await connection.isBlockhashValid(latest.value.blockhash, { commitment: "processed" })).value,
    ).toBe(true);
    const seconds = (await connection.getBlockTime(slot)) ?? 0;
    expect(Math.abs(seconds - Date.now() / 1_000)).toBeLessThan(60);
    await expect(connection.getBlockTime(slot + 1)).rejects.toThrow("was skipped, or missing");
    expect(await connection.getTransactionCount()).toBeGreaterThan(0);
    expect(await connection.getRecentPrioritizationFees()).toHaveLength(150);
  });

  it("accounts, alone and many at once, parsed and in part", async () => {
    const { connection, mint, treasury, treasuryAccount } = llama;
    const nobody = Keypair.generate().publicKey;
    expect(await connection.getAccountInfo(nobody)).toBeNull();
    expect(await connection.getBalance(nobody)).toBe(0);
    const many = await connection.getMultipleAccountsInfo([mint, nobody, treasuryAccount]);
    expect(many.map((account) => account?.data.length)).toEqual([82, undefined, 165]);
    const parsed = await connection.getMultipleParsedAccounts([mint, treasury.publicKey]);
    expect(parsed.value[0]?.data).toMatchObject({ program: "spl-token", parsed: { type: "mint" } });
    expect(Buffer.isBuffer(parsed.value[1]?.data)).toBe(true);
    const part = await connection.getAccountInfo(mint, { dataSlice: { offset: 44, length: 1 } });
    expect([...(part?.data ?? [])]).toEqual([6]);
    expect(await connection.getMinimumBalanceForRentExemption(165)).toBe(2_039_280);
  });

  it("tokens: balances, supply, the largest accounts, by owner and by program", async () => {
    const { connection, mint, treasury, treasuryAccount } = llama;
    const to = Keypair.generate().publicKey;
    await llama.pay(to, 2_500_000n);
    await llama.chain.controls.advanceSlots(2);
    const held = await connection.getTokenAccountBalance(llama.accountOf(to));
    expect(held.value).toEqual({ amount: "2500000", decimals: 6, uiAmount: 2.5, uiAmountString: "2.5" });
    await expect(connection.getTokenAccountBalance(to)).rejects.toThrow("could not find account");
    await expect(connection.getTokenAccountBalance(mint)).rejects.toThrow("not a Token account");
    expect((await connection.getTokenSupply(mint)).value.uiAmountString).toBe("100000000000");
    const largest = await connection.getTokenLargestAccounts(mint);
    expect(largest.value.map(({ address }) => address.toBase58()).slice(0, 1)).toEqual([
      treasuryAccount.toBase58(),
    ]);
    const owned = await connection.getTokenAccountsByOwner(to, { mint });
    expect(owned.value.map(({ pubkey }) => pubkey.toBase58())).toEqual([llama.accountOf(to).toBase58()]);
    expect(
      (await connection.getParsedTokenAccountsByOwner(treasury.publicKey, { programId: TOKEN_PROGRAM }))
        .value,
    ).toHaveLength(1);
    await expect(connection.getTokenAccountsByOwner(to, { mint: to })).rejects.toThrow("could not find mint");
    const filters = [{ dataSize: 165 }, { memcmp: { offset: 32, bytes: to.toBase58() } }];
    const found = await connection.getProgramAccounts(TOKEN_PROGRAM, { filters });
    expect(found.map(({ pubkey }) => pubkey.toBase58())).toEqual([llama.accountOf(to).toBase58()]);
  });

  it("transactions in words", async () => {
    const to = Keypair.generate().publicKey;
    const signature = await llama.pay(to, 2_500_000n, "in words");
    await llama.chain.controls.advanceSlots(2);
    const parsed = await llama.connection.getParsedTransaction(signature, {
      maxSupportedTransactionVersion: 0,
    });
    expect(parsed?.transaction.message.instructions).toMatchObject([
      {
        program: "spl-associated-token-account",
        parsed: { type: "createIdempotent", info: { wallet: to.toBase58() } },
      },
      {
        program: "spl-token",
        parsed: {
          type: "transferChecked",
          info: {
            authority: llama.treasury.publicKey.toBase58(),
            tokenAmount: { amount: "2500000", decimals: 6 },
          },
        },
      },
      { program: "spl-memo", parsed: "in words" },
    ]);
    const inner = parsed?.meta?.innerInstructions?.[0]?.instructions.map(
      (each) => "parsed" in each && each.parsed.type,
    );
    expect(inner).toContain("initializeAccount3");
    expect(parsed?.transaction.message.accountKeys[0]).toMatchObject({
      signer: true,
      writable: true,
      source: "transaction",
    });
    const [again] = await llama.connection.getTransactions([signature], {
      maxSupportedTransactionVersion: 0,
    });
    expect(again?.transaction.signatures).toEqual([signature]);
  });

  it("an address's signatures in pages that join without gap or overlap", async () => {
    const to = Keypair.generate().publicKey;
    const sent: string[] = [];
    for (let amount = 1n; amount <= 7n; amount++) {
      sent.push(await llama.pay(to, amount));
      if (amount % 3n === 0n) await llama.chain.controls.advanceSlots(1);
    }
    await llama.chain.controls.advanceSlots(2);
    const newestFirst = sent.toReversed();
    const page = async (options: { limit?: number; before?: string; until?: string }) =>
      (await llama.connection.getSignaturesForAddress(to, options)).map(({ signature }) => signature);
    expect(await page({})).toEqual(newestFirst);
    expect(await page({ limit: 3 })).toEqual(newestFirst.slice(0, 3));
    expect(await page({ limit: 3, before: newestFirst[2] ?? "" })).toEqual(newestFirst.slice(3, 6));
    expect(await page({ until: newestFirst[4] ?? "" })).toEqual(newestFirst.slice(0, 4));
    expect(await page({ before: newestFirst[1] ?? "", until: newestFirst[4] ?? "" })).toEqual(
      newestFirst.slice(2, 4),
    );
    const elsewhere = await llama.pay(Keypair.generate().publicKey, 1n);
    expect(await page({ until: elsewhere })).toEqual([]);
    expect(await page({ before: "1".repeat(64) })).toEqual([]);
    expect(await page({ until: "1".repeat(64) })).toEqual(newestFirst);
  });

  it("statuses of old transactions only when told to search", async () => {
    const signature = await llama.pay(Keypair.generate().publicKey, 1n);
    await llama.chain.controls.advanceSlots(301);
    expect((await llama.connection.getSignatureStatus(signature)).value).toBeNull();
    expect(await llama.status(signature)).toBe("finalized");
  });
});

describe("an unmodified Connection", () => {
  it("is told by getFeeForMessage what a transaction costs, which is what it costs", async () => {
    const { connection, treasury } = llama;
    const payer = treasury.publicKey;
    const { blockhash: recentBlockhash } = await connection.getLatestBlockhash();
    const price = ComputeBudgetProgram.setComputeUnitPrice({ microLamports: 333_333 });
    const limit = ComputeBudgetProgram.setComputeUnitLimit({ units: 20_001 });
    for (const [index, budget] of [[], [price], [limit, price], [limit]].entries()) {
      const instructions = [...budget, transferSol(payer, payer, 1), memoInstruction(`fee ${index}`)];
      const message = new TransactionMessage({
        payerKey: payer,
        recentBlockhash,
        instructions,
      }).compileToLegacyMessage();
      const fee = await connection.getFeeForMessage(message);
      const transaction = new VersionedTransaction(message);
      transaction.sign([treasury]);
      const before = await connection.getBalance(payer, "processed");
      await connection.sendTransaction(transaction);
      expect(before - (await connection.getBalance(payer, "processed"))).toBe(fee.value);
    }
  });

  it("simulates without effect, with any blockhash and signature if told so", async () => {
    const { connection, treasury } = llama;
    const to = Keypair.generate().publicKey;
    const message = new TransactionMessage({
      payerKey: treasury.publicKey,
      recentBlockhash: PublicKey.default.toBase58(),
      instructions: [
        SystemProgram.transfer({ fromPubkey: treasury.publicKey, toPubkey: to, lamports: 5_000_000 }),
      ],
    }).compileToV0Message();
    const unsigned = new VersionedTransaction(message);
    expect((await connection.simulateTransaction(unsigned)).value.err).toBe("BlockhashNotFound");
    const options = {
      replaceRecentBlockhash: true,
      accounts: { encoding: "base64" as const, addresses: [to.toBase58()] },
    };
    const { value } = await connection.simulateTransaction(unsigned, options);
    expect(value).toMatchObject({ err: null, unitsConsumed: 150, accounts: [{ lamports: 5_000_000 }] });
    message.recentBlockhash = (await connection.getLatestBlockhash()).blockhash;
    expect((await connection.simulateTransaction(unsigned, { sigVerify: true })).value.err).toBe(
      "SignatureFailure",
    );
    expect(await connection.getBalance(to, "processed")).toBe(0);
  });

  it("hears of slots, roots, accounts and logs over the websocket", async () => {
    const { connection } = llama;
    const to = Keypair.generate().publicKey;
    const heard: string[] = [];
    const stop = [
      connection.onSlotChange(({ slot, root }) => void heard.push(`slot ${slot - root}`)),
      connection.onRootChange(() => void heard.push("root")),
    ];
    const onAccount = connection.onAccountChange(
      to,
      ({ lamports }) => void heard.push(`account ${lamports}`),
      "processed",
    );
    const onLogs = connection.onLogs(to, ({ err }) => void heard.push(`logs ${err}`), "processed");
    await llama.chain.controls.setSlotMs(20);
    const until = async (what: string) => {
      while (!heard.includes(what)) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    await until("slot 32");
    await until("root");
    // Subscribed before these two were told of, in the order of the calls.
    await connection.requestAirdrop(to, 7e9);
    await until("account 7000000000");
    await until("logs null");
    await llama.chain.controls.setSlotMs(0);
    for (const id of stop.slice(0, 1)) await connection.removeSlotChangeListener(id);
    for (const id of stop.slice(1)) await connection.removeRootChangeListener(id);
    await connection.removeAccountChangeListener(onAccount);
    await connection.removeOnLogsListener(onLogs);
  });
});
