import { formatDuration } from "./duration.js";

/** `just now`, `3 min ago`, `in 2 d`, from one moment to another, in milliseconds. */
export function formatRelative(at: number, now: number): string {
  const distance = at - now;
  if (Math.abs(distance) < 5_000) return "just now";
  const [first = "", unit = ""] = formatDuration(Math.abs(distance)).split(" ");
  const size = `${Math.round(Number(first))} ${unit}`;
  return distance < 0 ? `${size} ago` : `in ${size}`;
}

/** `30 Nov 2026, 14:02:11 UTC`; of no moment (NaN) what there is to say. */
export function formatUtc(at: number): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return "a time that cannot be read";
  const day = date.toLocaleDateString("en-GB", {
    timeZone: "UTC",
    day: "numeric",
    month: "short",
    year: "numeric",
  });
  return `${day}, ${formatClock(at)} UTC`;
}

/** `14:02:11`, in UTC; `--:--:--` of no moment. */
export function formatClock(at: number): string {
  if (Number.isNaN(new Date(at).getTime())) return "--:--:--";
  return new Date(at).toISOString().slice(11, 19);
}

/** The UTC day of a moment, as the API writes and takes it: `2026-11-29`. */
export function utcDay(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** `29 Nov` for `2026-11-29`. */
export function formatDay(day: string): string {
  return new Date(`${day}T00:00:00Z`).toLocaleDateString("en-GB", {
    timeZone: "UTC",
    day: "numeric",
    month: "short",
  });
}
