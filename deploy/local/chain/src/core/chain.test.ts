import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { jest } from "@jest/globals";
import { Keypair, type PublicKey, SystemProgram, Transaction } from "@solana/web3.js";
import fc from "fast-check";
import { FINALIZED_AFTER_SLOTS } from "../genesis.js";
import { Chain } from "./chain.js";
import { airdropTransaction } from "./faucet.js";
import { decodeTransaction, type WireTransaction } from "./wire-transaction.js";

/** How many random histories are compared with the model. */
const RUNS = Number(process.env["CHAIN_MODEL_RUNS"] ?? 5);
jest.setTimeout(60_000 + RUNS * 2_000);

const WALLETS = Array.from({ length: 4 }, (_, index) => Keypair.fromSeed(new Uint8Array(32).fill(index + 1)));
const SOL = 1_000_000_000;
const FEE = 5_000;

/** What may happen: a transfer between wallets, new slots, a fork that leaves some transactions out, a kill. */
const stepArbitrary = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("transfer" as const),
      from: fc.nat(3),
      to: fc.nat(3),
      lamports: fc.integer({ min: 1, max: 5 * SOL }),
      hashAge: fc.nat(4),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("slots" as const), slots: fc.integer({ min: 1, max: 12 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("fork" as const),
      slots: fc.integer({ min: 1, max: 31 }),
      excludeEvery: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("kill" as const) }) },
);
type Step = typeof stepArbitrary extends fc.Arbitrary<infer T> ? T : never;

interface ModelTransfer {
  readonly tx: WireTransaction;
  readonly from: number;
  readonly to: number;
  readonly lamports: number;
  readonly slot: number;
  readonly hashSlot: number;
}

/** Balances after every slot, computed from nothing but the list of transfers that are in blocks. */
class Model {
  landed: ModelTransfer[] = [];
  slot: number;

  constructor(slot: number) {
    this.slot = slot;
  }

  balancesAt(slot: number): number[] {
    const balances = WALLETS.map(() => 10 * SOL);
    for (const transfer of this.landed) if (transfer.slot <= slot) apply(balances, transfer);
    return balances;
  }

  /** False: the payer cannot even pay the fee, or would be left with less than rent, so nothing lands. */
  land(transfer: ModelTransfer): void {
    this.landed.push(transfer);
  }

  /** The other fork has the same transfers but for those excluded and those with a blockhash of an abandoned slot. */
  fork(afterSlot: number, excluded: ReadonlySet<string>): void {
    this.landed = this.landed.filter(
      ({ tx, slot, hashSlot }) => slot <= afterSlot || (hashSlot <= afterSlot && !excluded.has(tx.signature)),
    );
  }
}

/** A transfer of more than there is lands failed and costs its fee. */
function apply(balances: number[], { from, to, lamports }: ModelTransfer): void {
  const held = (balances[from] ?? 0) - FEE;
  const isEnough = held >= lamports;
  balances[from] = held - (isEnough ? lamports : 0);
  balances[to] = (balances[to] ?? 0) + (isEnough ? lamports : 0);
}

function transferTransaction(
  from: Keypair,
  to: PublicKey,
  lamports: number,
  blockhash: string,
): WireTransaction {
  const transaction = new Transaction({ feePayer: from.publicKey, blockhash, lastValidBlockHeight: 0 });
  transaction.add(SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: to, lamports }));
  transaction.sign(from);
  return decodeTransaction(transaction.serialize());
}

async function begin(directory: TestDirectory): Promise<Chain> {
  const chain = await Chain.open({ dataDirectory: directory.path, now: () => 1_700_000_000_000 });
  for (const { publicKey } of WALLETS) {
    chain.land(airdropTransaction(publicKey.toBase58(), 10 * SOL, chain.blockhashes.at(chain.slot)));
  }
  chain.advance(40);
  return chain;
}

function run(chain: Chain, model: Model, step: Exclude<Step, { kind: "kill" }>): void {
  switch (step.kind) {
    case "transfer": {
      const [from, to] = [WALLETS[step.from], WALLETS[step.to]];
      if (from === undefined || to === undefined) throw new Error("no such wallet");
      const hashSlot = chain.slot - step.hashAge;
      const tx = transferTransaction(from, to.publicKey, step.lamports, chain.blockhashes.at(hashSlot));
      const isRepeated = model.landed.some((landed) => landed.tx.signature === tx.signature);
      const fate = chain.land(tx);
      expect(fate.kind).toBe(isRepeated ? "dropped" : "landed");
      if (!isRepeated) model.land({ ...step, tx, slot: chain.slot, hashSlot });
      return;
    }
    case "slots":
      chain.advance(step.slots);
      model.slot += step.slots;
      return;
    case "fork": {
      const afterSlot = chain.slot - step.slots;
      const excluded = new Set(
        model.landed.filter((_, index) => index % step.excludeEvery === 0).map(({ tx }) => tx.signature),
      );
      chain.fork(afterSlot, excluded);
      model.fork(afterSlot, excluded);
      return;
    }
  }
}

function compare(chain: Chain, model: Model): void {
  expect(chain.slot).toBe(model.slot);
  for (let slot = chain.slot - FINALIZED_AFTER_SLOTS; slot <= chain.slot; slot++) {
    const balances = WALLETS.map(({ publicKey }) =>
      Number(chain.account(publicKey.toBase58(), slot)?.lamports ?? 0n),
    );
    expect([slot, balances]).toEqual([slot, model.balancesAt(slot)]);
  }
  for (const [index, { publicKey }] of WALLETS.entries()) {
    const entries = chain.history.ofAddress(publicKey.toBase58());
    const expected = model.landed.filter(({ from, to }) => from === index || to === index);
    const airdrop = 1;
    expect(entries.slice(airdrop).map(({ signature, slot }) => [signature, slot])).toEqual(
      expected.map(({ tx, slot }) => [tx.signature, slot]),
    );
  }
}

describe("a chain", () => {
  it(`is what ${RUNS} random histories of transfers, slots, forks and kills make it`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(stepArbitrary, { minLength: 5, maxLength: 60 }), async (steps) => {
        const directory = await createTestDirectory();
        let chain = await begin(directory);
        const model = new Model(chain.slot);
        try {
          for (const step of steps) {
            if (step.kind === "kill") {
              await chain.abandon();
              chain = await Chain.open({ dataDirectory: directory.path });
            } else {
              run(chain, model, step);
            }
            compare(chain, model);
          }
          await chain.close();
          chain = await Chain.open({ dataDirectory: directory.path });
          compare(chain, model);
        } finally {
          await chain.abandon();
          await directory.remove();
        }
      }),
      { numRuns: RUNS },
    );
  });
});
