import { generateIdentity } from "@flock/keys";
import { Keypair } from "@solana/web3.js";
import fc from "fast-check";
import { baseUnits } from "../domain/base-units.js";
import { associatedTokenAccount } from "./addresses.js";
import { batchInstructions, headInstructions, signBatch, transferInstructions } from "./batch-transaction.js";
import { footprintOf, transactionBytes } from "./transaction-size.js";

const BUDGET = { unitsMax: 100_000, microLamportsPerUnit: 7n };
const identity = generateIdentity();
const wallet = Keypair.fromSecretKey(identity.secretKey()).publicKey;
const mint = Keypair.generate().publicKey;
const accounts = { wallet, mint, tokenAccount: associatedTokenAccount(wallet, mint) };
const recipients = Array.from({ length: 12 }, () => {
  const { publicKey } = Keypair.generate();
  return { wallet: publicKey, tokenAccount: associatedTokenAccount(publicKey, mint) };
});

describe("transactionBytes", () => {
  it("is what is serialized, whoever is paid, new or known, once or again", async () => {
    const transfer = fc.record({
      recipient: fc.constantFrom(...recipients),
      isNew: fc.boolean(),
      amount: fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }).map(baseUnits),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(transfer, { maxLength: 8 }),
        fc.string({ maxLength: 60 }),
        async (transfers, memo) => {
          const each = transfers.map(({ recipient, ...more }) =>
            transferInstructions(accounts, { ...recipient, ...more }),
          );
          const message = batchInstructions(each, memo, BUDGET);
          const signer = {
            address: identity.id,
            sign: async (bytes: Uint8Array) => identity.sign(bytes),
          };
          const { raw } = await signBatch(accounts, message, mint.toBase58(), signer);
          const parts = [footprintOf(headInstructions(memo, BUDGET)), ...each.map(footprintOf)];
          expect(transactionBytes(wallet, parts)).toBe(raw.length);
        },
      ),
      { numRuns: 40 },
    );
  });
});
