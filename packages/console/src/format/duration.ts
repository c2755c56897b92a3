const UNITS = [
  { unit: "d", ms: 86_400_000 },
  { unit: "h", ms: 3_600_000 },
  { unit: "min", ms: 60_000 },
  { unit: "s", ms: 1_000 },
] as const;

/**
 * In one unit, or two where the first says too little: `320 ms`, `4.2 s`, `12 s`, `2 min 5 s`, `3 h 10 min`, `12 d`.
 */
export function formatDuration(ms: number): string {
  const size = Math.max(0, ms);
  if (size < 999.5) return `${Math.round(size)} ms`;
  if (size < 9_950) return `${(size / 1_000).toFixed(1)} s`;
  const seconds = Math.round(size / 1_000) * 1_000;
  const index = UNITS.findIndex((each) => seconds >= each.ms);
  const large = UNITS[index];
  if (large === undefined) return "0 s";
  const count = Math.floor(seconds / large.ms);
  const small = UNITS[index + 1];
  const rest = small === undefined ? 0 : Math.floor((seconds % large.ms) / small.ms);
  return rest === 0 || count >= 10 || small === undefined
    ? `${count} ${large.unit}`
    : `${count} ${large.unit} ${rest} ${small.unit}`;
}

/** A range that was measured, such as a wait: `3–8 s`; one duration where both are told alike. */
export function formatDurationRange(low: number, high: number): string {
  const from = formatDuration(low);
  const to = formatDuration(high);
  if (from === to) return to;
  const [figure = "", unit] = from.split(" ");
  return from.split(" ").length === 2 && to.endsWith(` ${unit}`) && to.split(" ").length === 2
    ? `${figure}–${to}`
    : `${from} – ${to}`;
}
