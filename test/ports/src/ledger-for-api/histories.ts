import { randomUUID } from "node:crypto";
import { type EarningsReply, type EarningsRequest, LEDGER, type StatementReply } from "@flock/proto/ledger";
import { ask, pagesOf } from "../ask.js";
import { FOREIGN_CURSORS, FUNDS, type Started } from "./ledger-under-contract.js";

export function unstakes(ledger: Started): void {
  const list = (owner: string, cursor = "", limit = 0) =>
    ask(ledger().mesh, LEDGER.unstakes, { owner, cursor, limit });

  it("an owner who never unstaked is told of no unstakes", async () => {
    expect(await list(randomUUID())).toMatchObject({ unstakes: [], nextCursor: "" });
  });

  it("an owner's unstakes are told newest first, in pages, each with its release, and nobody else's", async () => {
    const [owner, other] = [randomUUID(), randomUUID()];
    const answers: { requestId: string; amountMicro: bigint; releaseUnixMs: number }[] = [];
    for (const who of [owner, other]) {
      await ledger().fund(who, FUNDS);
      const stake = { requestId: randomUUID(), owner: who, amountMicro: FUNDS };
      await ask(ledger().mesh, LEDGER.stake, stake);
    }
    for (const [who, amountMicro] of [
      [owner, 1n],
      [other, 2n],
      [owner, 3n],
      [owner, 4n],
    ] as const) {
      const request = { requestId: randomUUID(), owner: who, amountMicro };
      const { releaseUnixMs } = await ask(ledger().mesh, LEDGER.unstake, request);
      if (who === owner) answers.unshift({ requestId: request.requestId, amountMicro, releaseUnixMs });
    }
    const pages = await pagesOf((cursor) => list(owner, cursor, 2));
    expect(pages.map((page) => page.unstakes.length)).toEqual([2, 1]);
    expect(pages.flatMap((page) => page.unstakes)).toEqual(
      answers.map((answer) => ({ ...answer, isReleased: false, releasedMicro: 0n })),
    );
  });

  it.each(FOREIGN_CURSORS)(
    "a list of unstakes from %j on, which is no cursor, is refused",
    async (cursor) => {
      await expect(list(randomUUID(), cursor)).rejects.toMatchObject({ code: "invalid_argument" });
    },
  );
}

export function statements(ledger: Started): void {
  const read = (ledgerAccount: string, cursor = "", limit = 0): Promise<StatementReply> =>
    ask(ledger().mesh, LEDGER.statement, { ledgerAccount, cursor, limit });

  it("a ledger account that nothing was ever put into has an empty statement", async () => {
    expect(await read(`wallet:${randomUUID()}`)).toMatchObject({ transfers: [], nextCursor: "" });
  });

  it("a statement tells every transfer of its account once, newest first, in pages", async () => {
    const account = randomUUID();
    await ledger().fund(account, FUNDS);
    await ledger().fund(account, 7n);
    await ledger().fund(randomUUID(), 8n);
    const requestId = randomUUID();
    await ask(ledger().mesh, LEDGER.stake, { requestId, owner: account, amountMicro: 60n });
    const pages = await pagesOf((cursor) => read(`wallet:${account}`, cursor, 2));
    expect(pages.map((page) => page.transfers.length)).toEqual([2, 1]);
    const transfers = pages.flatMap((page) => page.transfers);
    expect(transfers.map(({ amountMicro }) => amountMicro)).toEqual([60n, 7n, FUNDS]);
    expect(transfers[0]).toMatchObject({
      kind: "stake",
      debitAccount: `wallet:${account}`,
      creditAccount: `stake:${account}`,
      businessId: requestId,
      createdUnixMs: expect.any(Number),
    });
    expect(transfers[2]).toMatchObject({ creditAccount: `wallet:${account}` });
    const sequences = transfers.map(({ sequence }) => sequence);
    expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => Number(b - a)));
    expect((await read(`stake:${account}`)).transfers).toEqual([transfers[0]]);
  });

  it.each(FOREIGN_CURSORS)("a statement from %j on, which is no cursor, is refused", async (cursor) => {
    await expect(read(`wallet:${randomUUID()}`, cursor)).rejects.toMatchObject({ code: "invalid_argument" });
  });

  it("a page of more than 500 is refused", async () => {
    await expect(read(`wallet:${randomUUID()}`, "", 501)).rejects.toMatchObject({ code: "invalid_argument" });
  });

  it("a statement of what is no ledger account is refused", async () => {
    await expect(read("purse:alice")).rejects.toMatchObject({ code: "invalid_argument" });
  });
}

export function earnings(ledger: Started): void {
  const read = (
    workerId: string,
    cursor = "",
    days = 0,
    only: Partial<Pick<EarningsRequest, "doneBy" | "fromDay" | "toDay">> = {},
  ): Promise<EarningsReply> => {
    const asked = { workerId, cursor, days, doneBy: "", fromDay: "", toDay: "", ...only };
    return ask(ledger().mesh, LEDGER.earnings, asked);
  };

  it("a worker that never earned is told of no earnings", async () => {
    expect(await read(randomUUID())).toMatchObject({ earnings: [], nextCursor: "" });
  });

  it("a worker's earnings are told by day, newest first, in pages of so many days", async () => {
    const worker = await ledger().vestedWorker();
    const whole = await read(worker, "", 31);
    expect(whole.nextCursor).toBe("");
    const days = [...new Set(whole.earnings.map(({ day }) => day))];
    expect(days.length).toBeGreaterThanOrEqual(2);
    expect(days).toEqual([...days].sort().reverse());
    for (const row of whole.earnings) {
      expect(row.day).toMatch(/^20\d\d-\d\d-\d\d$/);
      expect(row.jobs).toBeGreaterThan(0n);
      expect(row.shareMicro).toBeGreaterThan(0n);
    }
    const pages = await pagesOf((cursor) => read(worker, cursor, 1));
    expect(pages).toHaveLength(days.length);
    expect(pages.flatMap((page) => page.earnings)).toEqual(whole.earnings);
  });

  it("a worker's earnings are told of some days alone, and of who did the jobs", async () => {
    const worker = await ledger().vestedWorker();
    const whole = (await read(worker, "", 31)).earnings;
    const [newest, oldest] = [whole.at(0)?.day ?? "", whole.at(-1)?.day ?? ""];
    const doneBy = whole[0]?.doneBy ?? "";
    const daysOf = async (only: { fromDay?: string; toDay?: string; doneBy?: string }) =>
      new Set((await read(worker, "", 31, only)).earnings.map(({ day }) => day));
    expect(await daysOf({ toDay: oldest })).toEqual(new Set([oldest]));
    expect(await daysOf({ fromDay: newest })).toEqual(new Set([newest]));
    expect((await read(worker, "", 31, { doneBy })).earnings).toEqual(
      whole.filter((row) => row.doneBy === doneBy),
    );
    expect(await daysOf({ doneBy: randomUUID() })).toEqual(new Set());
  });

  it("the totals of earnings add up, with what is vesting and what was collected", async () => {
    const totals = (workerId: string) => ask(ledger().mesh, LEDGER.earningsTotals, { workerId });
    expect(await totals(randomUUID())).toMatchObject({ earnedMicro: 0n, vestedMicro: 0n, vesting: [] });
    const worker = await ledger().vestedWorker();
    const before = await totals(worker);
    const collect = { requestId: randomUUID(), workerId: worker, amountMicro: 100n };
    await ask(ledger().mesh, LEDGER.collect, collect);
    const after = await totals(worker);
    expect(after).toMatchObject({ collectedMicro: 100n, vestedMicro: before.vestedMicro - 100n });
    for (const each of [before, after]) {
      const { clawedBackMicro, vestingMicro, vestedMicro, collectedMicro, paidMicro } = each;
      const sum = clawedBackMicro + vestingMicro + vestedMicro + collectedMicro + paidMicro;
      expect(sum).toBe(each.earnedMicro);
      expect(each.earnedMicro).toBeGreaterThan(0n);
      expect(each.vesting.reduce((total, { amountMicro }) => total + amountMicro, 0n)).toBe(vestingMicro);
    }
  });

  it.each(["x", "7", "2026-13-01", "2026-11-22T00:00:00Z"])(
    "a list of earnings from %j on, which is no cursor, is refused",
    async (cursor) => {
      await expect(read(randomUUID(), cursor)).rejects.toMatchObject({ code: "invalid_argument" });
    },
  );

  it("earnings of more than 31 days at once are refused", async () => {
    await expect(read(randomUUID(), "", 32)).rejects.toMatchObject({ code: "invalid_argument" });
  });
}
