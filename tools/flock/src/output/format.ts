/** One value as a line of JSON; amounts (bigint) are strings, because JSON numbers lose their digits. */
export function jsonLine(value: unknown): string {
  const text = JSON.stringify(value, (_key, member) =>
    typeof member === "bigint" ? String(member) : member,
  );
  return `${text}\n`;
}

/** A moment as a person reads it: UTC, to the second. */
export function moment(unixMs: number): string {
  return new Date(unixMs).toISOString().replace("T", " ").slice(0, 19);
}

const AGE_UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
] as const;

/** How long ago, in the largest unit that it fills: "3 d", "59 min", "0 s". */
export function age(ms: number): string {
  const [unit, unitMs] = AGE_UNITS.find(([, each]) => ms >= each) ?? ["s", 1_000];
  return `${Math.max(0, Math.floor(ms / unitMs))} ${unit}`;
}

/** A time of the API as a person reads it; empty for none. */
export function timeOf(iso: string | null): string {
  return iso?.replace("T", " ").slice(0, 19) ?? "";
}
