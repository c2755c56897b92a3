import type { UsageRow } from "@flockollamas/sdk";

export const SPEND_DAYS = 30;

const DAY_MS = 86_400_000;
const MICRO = 1_000_000;

/** What each key spent on each of the last days, oldest first, in LLAMA: for drawing only. By the key's id. */
export function dailySpend(rows: readonly UsageRow[], today: string): ReadonlyMap<string, readonly number[]> {
  const last = Date.parse(today);
  const spend = new Map<string, number[]>();
  for (const { day = "", keyId = "", chargeMicro } of rows) {
    const index = SPEND_DAYS - 1 - Math.round((last - Date.parse(day)) / DAY_MS);
    if (!(index >= 0 && index < SPEND_DAYS)) continue;
    const days = spend.get(keyId) ?? Array.from({ length: SPEND_DAYS }, () => 0);
    days[index] = (days[index] ?? 0) + Number(chargeMicro) / MICRO;
    spend.set(keyId, days);
  }
  return spend;
}

/** What a sighted reader takes from the line: which half of the month was the dearer one. */
export function courseWords(days: readonly number[]): string {
  const half = days.length / 2;
  const before = sum(days.slice(0, half));
  const after = sum(days.slice(half));
  if (before + after === 0) return "nothing spent in 30 days";
  if (after > before * 1.2) return "spend in 30 days, rising";
  return before > after * 1.2 ? "spend in 30 days, falling" : "spend in 30 days, steady";
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
