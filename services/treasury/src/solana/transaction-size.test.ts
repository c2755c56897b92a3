import { generateIdentity } from "@flock/keys";
import { associatedTokenAccount, toAddress } from "@flock/solana";
import fc from "fast-check";
import { baseUnits } from "../domain/base-units.js";
import { SolanaTransactions } from "./transactions.js";
import { treasuryAccounts } from "./treasury-accounts.js";

const identity = generateIdentity();
const anyAddress = () => toAddress(generateIdentity().id);
const mint = anyAddress();
const transactions = new SolanaTransactions(treasuryAccounts(toAddress(identity.id), mint));
const signer = { address: identity.id, sign: async (bytes: Uint8Array) => identity.sign(bytes) };
const recipients = Array.from({ length: 12 }, () => {
  const wallet = anyAddress();
  return { wallet, tokenAccount: associatedTokenAccount(wallet, mint) };
});

describe("transactionBytes", () => {
  it("is what is serialized, whoever is paid, new or known, once or again, at whatever price", async () => {
    const transfer = fc.record({
      recipient: fc.constantFrom(...recipients),
      isNew: fc.boolean(),
      amount: fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }).map(baseUnits),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(transfer, { maxLength: 8 }),
        fc.string({ maxLength: 60 }),
        fc.record({
          unitsMax: fc.nat({ max: 1_400_000 }),
          microLamportsPerUnit: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        }),
        async (paid, memo, budget) => {
          const transfers = paid.map(({ recipient, ...more }) =>
            transactions.prepare({ ...recipient, ...more }),
          );
          const message = { memo, transfers, budget, blockhash: mint };
          const { raw } = await transactions.sign(message, signer);
          expect(transactions.measuring(memo)(transfers)).toBe(raw.length);
        },
      ),
      { numRuns: 40 },
    );
  });
});
