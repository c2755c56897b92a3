import type { UsageRow } from "@flockollamas/sdk";
import type { BarSeries } from "../../charts/bar-series.js";
import { utcDay } from "../../format/time.js";

/** What spend is told apart by. */
export type By = "model" | "key" | "day";

export interface Range {
  /** UTC days, both included. */
  readonly from: string;
  readonly to: string;
}

const DAY_MS = 86_400_000;
/** Within a year no two days have the same label. */
const DAYS_MAX = 365;
const MICRO = 1_000_000;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** The range that the URL names: `7`, `30`, `90` days until today, or two days; `null`: it names none. */
export function rangeOf(days: string, from: string, to: string, today: string): Range | null {
  if (days === "range") return isRange(from, to) ? { from, to } : null;
  const count = { "7": 7, "30": 30, "90": 90 }[days];
  return count === undefined ? null : { from: utcDay(Date.parse(today) - (count - 1) * DAY_MS), to: today };
}

function isRange(from: string, to: string): boolean {
  if (!DAY.test(from) || !DAY.test(to)) return false;
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS;
  return days >= 0 && days < DAYS_MAX;
}

/** Every day of a range, oldest first. */
export function daysOf({ from, to }: Range): readonly string[] {
  const count = Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS) + 1;
  return Array.from({ length: count }, (_, index) => utcDay(Date.parse(from) + index * DAY_MS));
}

/** What was spent in all, exact. */
export function totalOf(rows: readonly UsageRow[]): bigint {
  return rows.reduce((sum, { chargeMicro }) => sum + chargeMicro, 0n);
}

/** One series for each model, key, or the one of all, dearest first, in LLAMA: for drawing only. */
export function seriesOf(
  rows: readonly UsageRow[],
  days: readonly string[],
  nameOf: (row: UsageRow) => string,
): readonly BarSeries[] {
  const indexOf = new Map(days.map((day, index) => [day, index]));
  const sums = new Map<string, { total: bigint; readonly days: bigint[] }>();
  for (const row of rows) {
    const index = indexOf.get(row.day ?? "");
    if (index === undefined) continue;
    const name = nameOf(row);
    const sum = sums.get(name) ?? { total: 0n, days: days.map(() => 0n) };
    sum.total += row.chargeMicro;
    sum.days[index] = (sum.days[index] ?? 0n) + row.chargeMicro;
    sums.set(name, sum);
  }
  return [...sums]
    .sort(([, a], [, b]) => (a.total < b.total ? 1 : -1))
    .map(([name, sum]) => ({ name, values: sum.days.map((micro) => Number(micro) / MICRO) }));
}

/** The rows as a spreadsheet takes them. */
export function csvOf(rows: readonly UsageRow[], nameOf: (row: UsageRow) => string): string {
  const head = ["day", "name", "requests", "prompt_tokens", "completion_tokens", "charge_micro"];
  const lines = rows.map((row) => [
    row.day ?? "",
    nameOf(row),
    row.requests,
    row.promptTokens,
    row.completionTokens,
    row.chargeMicro,
  ]);
  return [head, ...lines].map((line) => line.map((cell) => cellOf(String(cell))).join(",")).join("\r\n");
}

/** A name may be a formula to a spreadsheet: an apostrophe before it makes it a text. */
function cellOf(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
