import {
  createFreezeAccountInstruction,
  createMint,
  createTransferCheckedInstruction,
  getAccount,
  getOrCreateAssociatedTokenAccount,
  mintTo,
  TOKEN_2022_PROGRAM_ID,
} from "@solana/spl-token";
import {
  AddressLookupTableProgram,
  Connection,
  Keypair,
  SendTransactionError,
  TransactionExpiredBlockheightExceededError,
  TransactionMessage,
  VersionedTransaction,
} from "@solana/web3.js";
import { LlamaChain, transferSol } from "./llama-chain.js";

/* Everything here goes through an unmodified Connection and spl-token. */

let llama: LlamaChain;
beforeAll(async () => {
  llama = await LlamaChain.start();
});
afterAll(() => llama.stop());

describe("a payment", () => {
  it("can be derived exactly from the balances before and after it", async () => {
    const to = Keypair.generate().publicKey;
    const signature = await llama.pay(to, 1_234_567n, "für alle");
    const finalized = { commitment: "finalized", maxSupportedTransactionVersion: 0 } as const;
    expect(await llama.connection.getTransaction(signature, finalized)).toBeNull();
    await llama.chain.controls.advanceSlots(32);
    const landed = await llama.connection.getTransaction(signature, finalized);
    const shift = (owner: string) => {
      const held = (list: { owner?: string; uiTokenAmount: { amount: string } }[] | null | undefined) =>
        BigInt(list?.find((balance) => balance.owner === owner)?.uiTokenAmount.amount ?? 0);
      return held(landed?.meta?.postTokenBalances) - held(landed?.meta?.preTokenBalances);
    };
    expect(shift(to.toBase58())).toBe(1_234_567n);
    expect(shift(llama.treasury.publicKey.toBase58())).toBe(-1_234_567n);
    expect(landed?.meta).toMatchObject({ err: null, fee: 5_000 });
    const [listed] = await llama.connection.getSignaturesForAddress(llama.accountOf(to), {}, "finalized");
    expect(listed).toEqual({
      signature,
      slot: landed?.slot,
      blockTime: landed?.blockTime,
      err: null,
      memo: "[9] für alle",
      confirmationStatus: "finalized",
    });
    // The wallet itself is named by the instruction that created its token account.
    expect(await llama.connection.getSignaturesForAddress(to)).toHaveLength(1);
  });

  it("costs rent for a new account and the fee, to the lamport", async () => {
    const before = await llama.connection.getBalance(llama.treasury.publicKey, "processed");
    await llama.pay(Keypair.generate().publicKey, 1n);
    const after = await llama.connection.getBalance(llama.treasury.publicKey, "processed");
    expect(before - after).toBe(2_039_280 + 5_000);
  });

  it("goes from processed to confirmed to finalized with the slots after it", async () => {
    const signature = await llama.pay(Keypair.generate().publicKey, 1n);
    const seen: (string | null)[] = [await llama.status(signature)];
    for (const slots of [1, 1, 29, 1]) {
      await llama.chain.controls.advanceSlots(slots);
      seen.push(await llama.status(signature));
    }
    expect(seen).toEqual(["processed", "processed", "confirmed", "confirmed", "finalized"]);
  });

  it("happens once however often it is sent", async () => {
    const to = Keypair.generate().publicKey;
    const payment = await llama.payment(to, 5n);
    const signature = await llama.send(payment);
    // Preflight looks at confirmed blocks, where it is not yet.
    expect(await llama.send(payment)).toBe(signature);
    await llama.chain.controls.advanceSlots(2);
    await expect(llama.send(payment)).rejects.toThrow("This transaction has already been processed");
    expect(await llama.send(payment, { skipPreflight: true })).toBe(signature);
    await llama.chain.controls.advanceSlots(100);
    expect(await llama.send(payment, { skipPreflight: true })).toBe(signature);
    expect(await llama.held(to)).toBe(5n);
  });

  it("cannot land once 150 blocks have followed its blockhash", async () => {
    const to = Keypair.generate().publicKey;
    const payment = await llama.payment(to, 5n);
    const { lastValidBlockHeight = 0, recentBlockhash = "" } = payment;
    const height = await llama.connection.getBlockHeight("processed");
    const inTime = await llama.payment(to, 7n);
    await llama.chain.controls.advanceSlots(lastValidBlockHeight - height);
    const isValid = (hash: string) => llama.connection.isBlockhashValid(hash, { commitment: "processed" });
    expect((await isValid(recentBlockhash)).value).toBe(true);
    await llama.send(inTime);
    expect(await llama.held(to)).toBe(7n);
    await llama.chain.controls.advanceSlots(1);
    expect((await isValid(recentBlockhash)).value).toBe(false);
    await expect(llama.send(payment)).rejects.toThrow("Blockhash not found");
    const signature = await llama.send(payment, { skipPreflight: true });
    expect(await llama.status(signature)).toBeNull();
    expect(await llama.held(to)).toBe(7n);
  });

  it("of more than there is fails in preflight, or lands failed at the price of its fee", async () => {
    const poor = await llama.wallet();
    await llama.pay(poor.publicKey, 10n);
    const account = llama.accountOf(poor.publicKey);
    const tooMuch = await llama.signed(
      [createTransferCheckedInstruction(account, llama.mint, llama.treasuryAccount, poor.publicKey, 11n, 6)],
      poor,
    );
    const failure = await llama.send(tooMuch).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SendTransactionError);
    expect(String(failure)).toContain("Error processing Instruction 0: custom program error: 0x1");
    const before = await llama.connection.getBalance(llama.treasury.publicKey, "processed");
    const signature = await llama.send(tooMuch, { skipPreflight: true });
    const { value } = await llama.connection.getSignatureStatus(signature);
    expect(value).toMatchObject({
      err: { InstructionError: [0, { Custom: 1 }] },
      confirmationStatus: "processed",
    });
    expect(before - (await llama.connection.getBalance(llama.treasury.publicKey, "processed"))).toBe(10_000);
    expect(await llama.held(poor.publicKey)).toBe(10n);
  });

  it("by a payer without SOL, or with a wrong signature, is in no block", async () => {
    const broke = Keypair.generate();
    const latest = await llama.connection.getLatestBlockhash();
    const payment = await llama.payment(Keypair.generate().publicKey, 5n);
    payment.feePayer = broke.publicKey;
    payment.recentBlockhash = latest.blockhash;
    payment.sign(broke, llama.treasury);
    await expect(llama.send(payment)).rejects.toThrow("found no record of a prior credit");
    const unpaid = await llama.send(payment, { skipPreflight: true });
    expect(await llama.status(unpaid)).toBeNull();

    const forged = await llama.payment(Keypair.generate().publicKey, 6n);
    forged.signatures[0]?.signature?.writeUInt8((forged.signatures[0].signature[7] ?? 0) ^ 1, 7);
    await expect(llama.send(forged)).rejects.toThrow("signature verification failure");
    const never = await llama.send(forged, { skipPreflight: true });
    expect(await llama.status(never)).toBeNull();
  });
});

describe("spl-token", () => {
  it("creates mints and accounts, mints, and freezes, by its own helpers that confirm over the websocket", async () => {
    await llama.chain.controls.setSlotMs(20);
    try {
      const payer = llama.treasury;
      const [owner, freezer] = [Keypair.generate(), Keypair.generate()];
      const mint = await createMint(llama.connection, payer, payer.publicKey, freezer.publicKey, 9);
      const account = await getOrCreateAssociatedTokenAccount(llama.connection, payer, mint, owner.publicKey);
      await mintTo(llama.connection, payer, mint, account.address, payer, 2n ** 63n);
      expect((await getAccount(llama.connection, account.address)).amount).toBe(2n ** 63n);
      const freeze = createFreezeAccountInstruction(account.address, mint, freezer.publicKey);
      await llama.send(await llama.signed([freeze], freezer));
      const to = await getOrCreateAssociatedTokenAccount(llama.connection, payer, mint, payer.publicKey);
      const move = createTransferCheckedInstruction(
        account.address,
        mint,
        to.address,
        owner.publicKey,
        1n,
        9,
      );
      await expect(llama.send(await llama.signed([move], owner))).rejects.toThrow(
        "custom program error: 0x11",
      );
      expect(await getAccount(llama.connection, account.address, "processed")).toMatchObject({
        isFrozen: true,
      });
    } finally {
      await llama.chain.controls.setSlotMs(0);
    }
  });

  it("can make a Token-2022 mint that looks like LLAMA and is told apart by its program", async () => {
    await llama.chain.controls.setSlotMs(20);
    try {
      const payer = llama.treasury;
      const program = TOKEN_2022_PROGRAM_ID;
      const fake = await createMint(
        llama.connection,
        payer,
        payer.publicKey,
        null,
        6,
        Keypair.generate(),
        undefined,
        program,
      );
      const { address } = await getOrCreateAssociatedTokenAccount(
        llama.connection,
        payer,
        fake,
        payer.publicKey,
        undefined,
        undefined,
        undefined,
        program,
      );
      const signature = await mintTo(
        llama.connection,
        payer,
        fake,
        address,
        payer,
        99n,
        [],
        undefined,
        program,
      );
      const landed = await llama.connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 });
      expect(landed?.meta?.postTokenBalances).toMatchObject([
        {
          mint: fake.toBase58(),
          programId: program.toBase58(),
          uiTokenAmount: { amount: "99", decimals: 6 },
        },
      ]);
      const byMint = await llama.connection.getTokenAccountsByOwner(payer.publicKey, { mint: llama.mint });
      expect(byMint.value.map(({ pubkey }) => pubkey.toBase58())).toEqual([llama.treasuryAccount.toBase58()]);
      const byProgram = await llama.connection.getParsedTokenAccountsByOwner(payer.publicKey, {
        programId: program,
      });
      expect(byProgram.value.map(({ pubkey }) => pubkey.toBase58())).toEqual([address.toBase58()]);
      expect(byProgram.value[0]?.account.data.program).toBe("spl-token-2022");
    } finally {
      await llama.chain.controls.setSlotMs(0);
    }
  });
});

describe("confirmTransaction", () => {
  it("learns of success by websocket, in real time", async () => {
    await llama.chain.controls.setSlotMs(20);
    try {
      const payment = await llama.payment(Keypair.generate().publicKey, 3n);
      const { recentBlockhash: blockhash = "", lastValidBlockHeight = 0 } = payment;
      const signature = await llama.send(payment);
      const result = await llama.connection.confirmTransaction(
        { signature, blockhash, lastValidBlockHeight },
        "finalized",
      );
      expect(result.value.err).toBeNull();
      expect(await llama.status(signature)).toBe("finalized");
    } finally {
      await llama.chain.controls.setSlotMs(0);
    }
  });

  it("says that a transaction has expired which never landed", async () => {
    const payment = await llama.payment(Keypair.generate().publicKey, 3n);
    const { recentBlockhash: blockhash = "", lastValidBlockHeight = 0 } = payment;
    await llama.chain.controls.drop();
    const signature = await llama.send(payment);
    const confirming = llama.connection.confirmTransaction({ signature, blockhash, lastValidBlockHeight });
    await llama.chain.controls.advanceSlots(151);
    await expect(confirming).rejects.toThrow(TransactionExpiredBlockheightExceededError);
  });
});

describe("a version 0 transaction", () => {
  it("takes addresses from a lookup table once that is a slot old", async () => {
    const { connection, treasury, chain } = llama;
    const recentSlot = (await connection.getSlot("processed")) - 1;
    const authority = treasury.publicKey;
    const [create, table] = AddressLookupTableProgram.createLookupTable({
      authority,
      payer: authority,
      recentSlot,
    });
    const receiver = Keypair.generate().publicKey;
    const extend = AddressLookupTableProgram.extendLookupTable({
      authority,
      payer: authority,
      lookupTable: table,
      addresses: [receiver],
    });
    await llama.send(await llama.signed([create, extend]));
    await chain.controls.advanceSlots(3);
    const { value } = await connection.getAddressLookupTable(table);
    const { blockhash } = await connection.getLatestBlockhash();
    const message = new TransactionMessage({
      payerKey: authority,
      recentBlockhash: blockhash,
      instructions: [transferSol(authority, receiver, 2_000_000)],
    }).compileToV0Message(value === null ? [] : [value]);
    expect(message.addressTableLookups).toHaveLength(1);
    const transaction = new VersionedTransaction(message);
    transaction.sign([treasury]);
    const signature = await connection.sendTransaction(transaction);
    await chain.controls.advanceSlots(2);
    await expect(connection.getTransaction(signature, { commitment: "confirmed" })).rejects.toThrow(
      "Transaction version (0) is not supported",
    );
    const landed = await connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 });
    expect(landed).toMatchObject({ version: 0, meta: { loadedAddresses: { writable: [receiver] } } });
    expect(await connection.getSignaturesForAddress(receiver)).toHaveLength(1);
    expect(await connection.getBalance(receiver)).toBe(2_000_000);
  });
});

describe("a second connection", () => {
  it("tells other chains apart by their genesis", async () => {
    const genesis = await new Connection(llama.chain.rpcUrl).getGenesisHash();
    expect(genesis).toBe("FHsyf3U1WmCzph9WVWs8vG74oKQzHRUW4np7QNLH9yUc");
  });
});
