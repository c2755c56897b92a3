import { isIPv6 } from "node:net";

const WINDOW_MS = 60_000;
/** Names counted each for itself; what comes then counts as one. */
const NAMES_MAX = 100_000;
const OTHERS = "others";
/** 16-bit groups of a /64: the least that one customer is given. */
const GROUPS_PER_CLIENT = 4;

/** Counts by name, minute by minute. */
export class RequestLimit {
  readonly #counts = new Map<string, number>();
  #windowEndsMs = 0;

  constructor(private readonly perMinute: number) {}

  /** Counts one more; false: there have been as many as there may be. */
  allows(name: string, nowMs = performance.now()): boolean {
    if (nowMs >= this.#windowEndsMs) {
      this.#counts.clear();
      this.#windowEndsMs = nowMs + WINDOW_MS;
    }
    const counted = this.#counts.has(name) || this.#counts.size < NAMES_MAX ? name : OTHERS;
    const count = (this.#counts.get(counted) ?? 0) + 1;
    if (count > this.perMinute) return false;
    this.#counts.set(counted, count);
    return true;
  }
}

/** Whom an address counts as: itself if it is IPv4, also mapped into IPv6, else its /64. */
export function clientOf(address: string | undefined): string {
  if (address === undefined) return "unknown";
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [head = "", tail] = (address.split("%")[0] ?? "").toLowerCase().split("::");
  const groups = head.split(":").filter((group) => group !== "");
  const missing = tail === undefined ? 0 : GROUPS_PER_CLIENT;
  const padded = [...groups, ...Array<string>(missing).fill("0")].slice(0, GROUPS_PER_CLIENT);
  return `${padded.map((group) => Number.parseInt(group, 16).toString(16)).join(":")}::/64`;
}
