import { randomInt } from "node:crypto";
import { appendFileSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createLogger } from "@flock/observability";
import { jest } from "@jest/globals";
import { base58 } from "@scure/base";
import { createTransferCheckedInstruction } from "@solana/spl-token";
import { Keypair, type PublicKey, Transaction } from "@solana/web3.js";
import { ChainServer } from "../src/index.js";
import { startTestChain } from "../src/testing.js";
import { LlamaChain, memoInstruction } from "./llama-chain.js";

const ROUNDS = Number(process.env["CHAIN_KILL_ROUNDS"] ?? 2);
jest.setTimeout(60_000 + ROUNDS * 10_000);

let llama: LlamaChain | undefined;
afterEach(async () => {
  await llama?.stop();
  llama = undefined;
});

/** Everything that a client can know of an account and its transactions. */
async function told(chain: LlamaChain, address: PublicKey) {
  const { connection } = chain;
  const list = await connection.getSignaturesForAddress(address, {}, "confirmed");
  const transactions = await Promise.all(
    list.map(({ signature }) => {
      return connection.getTransaction(signature, {
        commitment: "confirmed",
        maxSupportedTransactionVersion: 0,
      });
    }),
  );
  const accounts = await Promise.all(
    (["processed", "confirmed", "finalized"] as const).map((commitment) =>
      connection.getAccountInfo(address, commitment),
    ),
  );
  const slot = await connection.getSlot("processed");
  const blockhash = await connection.getLatestBlockhash("finalized");
  return JSON.stringify({ list, transactions, accounts, slot, blockhash }, (_key, value) => {
    return typeof value === "bigint" ? value.toString() : value;
  });
}

async function withHistory(
  run: "inside" | "process" = "inside",
): Promise<{ chain: LlamaChain; to: PublicKey }> {
  const chain = await LlamaChain.start({ run });
  llama = chain;
  const to = Keypair.generate().publicKey;
  for (let amount = 1n; amount <= 5n; amount++) {
    await chain.pay(to, amount);
    await chain.chain.controls.advanceSlots(9);
  }
  await chain.chain.controls.rollback({ slots: 12 });
  await chain.pay(to, 6n);
  await chain.chain.controls.advanceSlots(3);
  return { chain, to };
}

describe("a chain that is killed", () => {
  it("tells the same afterwards, at every commitment, forks included", async () => {
    const { chain, to } = await withHistory();
    const before = await told(chain, chain.accountOf(to));
    await chain.chain.restart();
    expect(await told(chain, chain.accountOf(to))).toBe(before);
    await chain.chain.controls.advanceSlots(10);
    await chain.pay(to, 7n);
    expect(await chain.held(to)).toBe(1n + 2n + 3n + 4n + 6n + 7n);
  });

  it("does so too from a snapshot, from a damaged snapshot, and from none", async () => {
    const { chain, to } = await withHistory();
    const before = await told(chain, chain.accountOf(to));
    const snapshot = join(chain.chain.dataDirectory, "snapshot");
    const journal = statSync(join(chain.chain.dataDirectory, "journal.0")).size;
    await chain.chain.restart("stop");
    expect(readFileSync(snapshot).subarray(0, 100).toString("latin1")).toContain(`"journalBytes":${journal}`);
    expect(await told(chain, chain.accountOf(to))).toBe(before);
    await chain.chain.kill();
    writeFileSync(snapshot, readFileSync(snapshot).fill(7, 5_000, 6_000));
    await chain.chain.start();
    expect(await told(chain, chain.accountOf(to))).toBe(before);
    await chain.chain.kill();
    rmSync(snapshot);
    await chain.chain.start();
    expect(await told(chain, chain.accountOf(to))).toBe(before);
  });

  it("forgets an entry that a crash tore, which nobody was told of, and refuses a journal that is damaged elsewhere", async () => {
    const { chain, to } = await withHistory();
    const before = await told(chain, chain.accountOf(to));
    const journal = join(chain.chain.dataDirectory, "journal.0");
    await chain.chain.kill();
    const { size } = statSync(journal);
    appendFileSync(journal, '0123456789abcdef {"kind":"landed","record":{"signature":"torn');
    await chain.chain.start();
    expect(await told(chain, chain.accountOf(to))).toBe(before);
    expect(statSync(journal).size).toBe(size);
    await chain.chain.kill();
    const bytes = readFileSync(journal);
    bytes.fill(0x20, 1_000, 1_100);
    writeFileSync(journal, bytes);
    await expect(chain.chain.start()).rejects.toThrow("journal is damaged at byte");
  });

  it(`loses nothing that it confirmed when it is killed under load, ${ROUNDS} times`, async () => {
    const chain = await LlamaChain.start({ run: "process", slotMs: 20 });
    llama = chain;
    const to = Keypair.generate().publicKey;
    await chain.pay(to, 1n);
    let expectedMicro = 1n;
    for (let round = 0; round < ROUNDS; round++) {
      const slotBefore = await chain.connection.getSlot("processed");
      const { confirmed, unconfirmed } = await loadUntilKilled(chain, to, round, randomInt(5, 60));
      await chain.chain.start();
      expect(await chain.connection.getSlot("processed")).toBeGreaterThanOrEqual(slotBefore);
      const landed = new Set<string>();
      for (const signature of [...confirmed, ...unconfirmed]) {
        if ((await chain.status(signature)) !== null) landed.add(signature);
      }
      expect(confirmed.filter((signature) => !landed.has(signature))).toEqual([]);
      expectedMicro += BigInt(landed.size);
      expect(await chain.held(to)).toBe(expectedMicro);
    }
  });
});

/** Pays 1 µLLAMA again and again over 8 lines until the chain, killed after so many payments, answers none of them. */
async function loadUntilKilled(chain: LlamaChain, to: PublicKey, round: number, killAfter: number) {
  const confirmed: string[] = [];
  const unconfirmed: string[] = [];
  const { treasuryAccount, mint, treasury } = chain;
  const latest = await chain.connection.getLatestBlockhash();
  let killed: Promise<void> | undefined;
  const line = async (number: number) => {
    for (let sent = 0; ; sent++) {
      const transaction = new Transaction({ ...latest, feePayer: treasury.publicKey });
      transaction.add(
        createTransferCheckedInstruction(
          treasuryAccount,
          mint,
          chain.accountOf(to),
          treasury.publicKey,
          1n,
          6,
        ),
        memoInstruction(`round ${round}, line ${number}, payment ${sent}`),
      );
      transaction.sign(treasury);
      try {
        confirmed.push(await chain.send(transaction, { skipPreflight: true }));
      } catch {
        unconfirmed.push(base58.encode(transaction.signature ?? new Uint8Array()));
        return;
      }
      if (confirmed.length === killAfter) killed = chain.chain.kill();
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, number) => line(number)));
  await killed;
  return { confirmed, unconfirmed };
}

describe("a data directory", () => {
  it("belongs to one chain at a time", async () => {
    const chain = await startTestChain({ run: "inside" });
    try {
      const options = { host: "127.0.0.1", ports: [], slotMs: 0, logger: createLogger("chain", "fatal") };
      const second = ChainServer.start({ ...options, dataDirectory: chain.dataDirectory });
      await expect(second).rejects.toThrow(`another chain is running on ${chain.dataDirectory}`);
    } finally {
      await chain.stop();
    }
  });
});
