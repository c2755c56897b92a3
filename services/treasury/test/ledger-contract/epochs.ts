import { randomUUID } from "node:crypto";
import { microLlama } from "@flock/money";
import { eventually } from "@flock/provision/testing";
import type { PayablePage } from "../../src/ledger.js";
import { expectRefusal, type Started, signature } from "./ledger-under-contract.js";

const micro = microLlama;
const LOWEST = micro(1n);

async function allPayable(started: Started, threshold = LOWEST): Promise<PayablePage["accounts"]> {
  const accounts: PayablePage["accounts"][number][] = [];
  let cursor = "";
  do {
    const page = await started().ledger.payable(threshold, cursor);
    accounts.push(...page.accounts);
    cursor = page.nextCursor;
  } while (cursor !== "");
  return accounts;
}

export function payable(started: Started): void {
  it("workers with vested earnings are payable, each once over all pages, in the order of their ids", async () => {
    const workers = Array.from({ length: 5 }, () => randomUUID());
    await started().closeEpoch(workers);
    await started().fund(randomUUID(), 100_000n);
    const found = await allPayable(started);
    const ids = found.map(({ workerId }) => workerId);
    expect(ids).toEqual([...new Set(ids)].sort());
    expect(ids).toEqual(expect.arrayContaining(workers));
    for (const { workerId, ledgerAccount, available } of found) {
      expect(ledgerAccount).toBe(`vested:${workerId}`);
      expect(available).toBeGreaterThan(0n);
    }
  });

  it("a worker is payable from the threshold on, of what is not reserved", async () => {
    const worker = randomUUID();
    await started().closeEpoch([worker]);
    const of = async (threshold: bigint) =>
      (await allPayable(started, micro(threshold))).find(({ workerId }) => workerId === worker)?.available;
    const vested = (await of(1n)) ?? 0n;
    expect([await of(vested), await of(vested + 1n)]).toEqual([vested, undefined]);
    await started().ledger.reservePayout(randomUUID(), `vested:${worker}`, micro(10n));
    expect([await of(vested - 10n), await of(vested)]).toEqual([vested - 10n, undefined]);
  });

  it("a threshold of nothing, and a cursor that is none, are refused", async () => {
    const { ledger } = started();
    await expectRefusal(ledger.payable(micro(0n), ""), "invalid_argument");
    await expectRefusal(ledger.payable(LOWEST, "vested:worker"), "invalid_argument");
  });
}

/** @param atFirst What a fresh ledger said. */
export function epochs(started: Started, atFirst: () => EpochsAtFirst): void {
  const closed = async () => {
    await started().closeEpoch();
    const [epoch] = await started().ledger.closedEpochs();
    if (epoch === undefined) throw new Error("no epoch is closed");
    return epoch;
  };

  it("a fresh ledger has no closed epoch", () => {
    expect(atFirst()).toEqual({ closed: [], newest: undefined });
  });

  it("an epoch that is closed is the newest one then, and is listed first, with its root, until it is anchored", async () => {
    const { ledger } = started();
    const [first, second] = [await closed(), await closed()];
    expect(second.epoch).toBe(first.epoch + 1n);
    expect(await ledger.newestClosedEpoch()).toBe(second.epoch);
    expect((await ledger.closedEpochs()).slice(0, 2)).toEqual([second, first]);
    expect([first.root.length, second.root.length]).toEqual([32, 32]);
    await ledger.epochAnchored(second.epoch, second.root, signature());
    expect((await ledger.closedEpochs())[0]).toEqual(first);
    expect(await ledger.newestClosedEpoch()).toBe(second.epoch);
  });

  it("an epoch is anchored once, however often that is told, and by one transaction alone", async () => {
    const { ledger } = started();
    const { epoch, root } = await closed();
    const anchor = signature();
    for (let time = 0; time < 2; time++) await ledger.epochAnchored(epoch, root, anchor);
    await expectRefusal(ledger.epochAnchored(epoch, root, signature()), "already_exists");
  });

  it("an epoch is not anchored by another root than its own, nor by what is no signature", async () => {
    const { ledger } = started();
    const { epoch, root } = await closed();
    await expectRefusal(ledger.epochAnchored(epoch, new Uint8Array(32), signature()), "invalid_argument");
    await expectRefusal(ledger.epochAnchored(epoch, root, "signature"), "invalid_argument");
    await ledger.epochAnchored(epoch, root, signature());
  });

  it("an epoch that is open, or never was, is not anchored", async () => {
    const { ledger } = started();
    const { epoch, root } = await closed();
    await expectRefusal(ledger.epochAnchored(epoch + 1n, root, signature()), "failed_precondition");
    await expectRefusal(ledger.epochAnchored(epoch + 1_000n, root, signature()), "not_found");
  });
}

export interface EpochsAtFirst {
  readonly closed: readonly unknown[];
  readonly newest: bigint | undefined;
}

export function totals(started: Started): void {
  const sums = async () => {
    const { kinds } = await started().ledger.totals();
    return new Map(kinds.map(({ kind, sum }) => [kind, sum]));
  };

  it("the totals of all kinds of accounts add up to nothing", async () => {
    await started().ledger.deposit(signature(), "", micro(70n));
    expect([...(await sums()).values()].reduce<bigint>((all, sum) => all + sum, 0n)).toBe(0n);
  });

  it("a deposit is in the totals as soon as it is answered, and moves the position of the chain on", async () => {
    const { ledger } = started();
    const before = { totals: await ledger.totals(), wallets: (await sums()).get("wallet") ?? 0n };
    await ledger.deposit(signature(), randomUUID(), micro(70n));
    expect((await sums()).get("wallet")).toBe(before.wallets + 70n);
    expect((await sums()).get("external")).toBe(await ledger.external());
    const after = await eventually("the chain of commits goes on", async () => {
      const now = await ledger.totals();
      return now.position > before.totals.position ? now : undefined;
    });
    expect(after.hash).toHaveLength(32);
    expect(Buffer.from(after.hash).equals(before.totals.hash)).toBe(false);
  });
}
