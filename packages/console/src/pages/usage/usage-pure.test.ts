import { csvOf, daysOf, rangeOf, seriesOf, totalOf } from "./spend.js";
import { balanceByDay, statementLines } from "./statement-lines.js";

const TODAY = "2026-12-01";
const usage = (day: string, model: string, chargeMicro: bigint) => ({
  day,
  model,
  requests: 1n,
  promptTokens: 2n,
  completionTokens: 3n,
  // CAST: a bigint of a test is an amount.
  chargeMicro: chargeMicro as never,
});
const modelOf = ({ model = "" }: { model?: string }) => model;

describe("spend", () => {
  it("is of the days that the URL names, or of none if it names no range", () => {
    expect(rangeOf("7", "", "", TODAY)).toEqual({ from: "2026-11-25", to: TODAY });
    expect(rangeOf("range", "2026-11-29", TODAY, TODAY)).toEqual({ from: "2026-11-29", to: TODAY });
    expect(daysOf({ from: "2026-11-29", to: TODAY })).toEqual(["2026-11-29", "2026-11-30", TODAY]);
    for (const [days, from, to] of [
      ["range", TODAY, "2026-11-29"],
      ["range", "2024-01-01", TODAY],
      ["range", "x", TODAY],
      ["12", "", ""],
    ] as const)
      expect(rangeOf(days, from, to, TODAY)).toBeNull();
  });

  it("adds up: the series of the chart, dearest first, and the total", () => {
    const rows = [usage(TODAY, "a", 1n), usage(TODAY, "b", 2_000_000n), usage("2026-11-30", "b", 500_000n)];
    const series = seriesOf(rows, daysOf({ from: "2026-11-30", to: TODAY }), modelOf);
    expect(series).toEqual([
      { name: "b", values: [0.5, 2] },
      { name: "a", values: [0, 0.000001] },
    ]);
    expect(totalOf(rows)).toBe(2_500_001n);
  });

  it("is exact in a spreadsheet, in which no name is a formula", () => {
    const csv = csvOf([usage(TODAY, '=HYPERLINK("x")', 9_007_199_254_740_993n)], modelOf);
    expect(csv.split("\r\n")[1]).toBe(`${TODAY},"'=HYPERLINK(""x"")",1,2,3,9007199254740993`);
  });
});

const transfer = (
  kind: string,
  phase: string,
  debit: string,
  credit: string,
  micro: bigint,
  day = TODAY,
) => ({
  id: `${kind} ${micro}`,
  kind,
  phase,
  debit,
  credit,
  amountMicro: micro,
  businessId: "b",
  sequence: 1n,
  createdAt: `${day}T10:00:00.000Z`,
});

describe("the statement", () => {
  const transfers = [
    transfer("hold", "pending", "wallet:me", "escrow:jobs", 9n),
    transfer("fee", "single", "wallet:me", "pool:fees", 3n),
    transfer("void", "void", "wallet:me", "escrow:jobs", 5n, "2026-11-30"),
    transfer("deposit", "single", "external:solana", "wallet:me", 100n, "2026-11-29"),
  ];
  // CAST: these are transfers, but for the brand of their amounts.
  const lines = statementLines(transfers as never, "wallet", "me", 117n);

  it("signs each amount, and runs back from the balance over what was booked alone", () => {
    expect(lines.map(({ amountMicro, balanceMicro }) => [amountMicro, balanceMicro])).toEqual([
      [-9n, 117n],
      [-3n, 117n],
      [5n, 120n],
      [100n, 120n],
    ]);
  });

  it("tells the balance of each day, and of none that it does not reach", () => {
    const days = ["2026-11-28", "2026-11-29", "2026-11-30", TODAY];
    expect(balanceByDay(lines, days, true)).toEqual([20n, 120n, 120n, 117n]);
    expect(balanceByDay(lines, days, false)).toBeNull();
    expect(balanceByDay(statementLines(transfers as never, "wallet", "me", null), days, true)).toBeNull();
  });
});
