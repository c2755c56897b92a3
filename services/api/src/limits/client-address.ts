import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** 16-bit groups of a /64: the least that one customer is given, who then has 2^64 addresses. */
const GROUPS_PER_CLIENT = 4;

/**
 * Whom an address counts as: itself if it is IPv4 (also mapped into IPv6), else its /64. Whatever is no address counts
 * as one client, all of it together.
 */
export function clientOf(address: string): string {
  if (isIP(address) === 0) return "unknown";
  const parsed = ipaddr.process(address);
  if (parsed.kind() === "ipv4") return parsed.toString();
  const { parts } = parsed as ipaddr.IPv6; // CAST: what is not IPv4 is IPv6.
  return `${parts
    .slice(0, GROUPS_PER_CLIENT)
    .map((group) => group.toString(16))
    .join(":")}::/64`;
}

/** Whether a text is an address, or a range of them such as `10.0.0.0/8`. A range of all addresses is none. */
export function isAddressRange(text: string): boolean {
  const [address = "", length, ...more] = text.split("/");
  const version = isIP(address);
  if (version === 0 || address.includes("%") || more.length > 0) return false;
  if (length === undefined) return true;
  return /^[1-9][0-9]{0,2}$/.test(length) && Number(length) <= (version === 4 ? 32 : 128);
}

/** A set of addresses, given as addresses and ranges. */
export class AddressRanges {
  readonly #ranges: [ipaddr.IPv4 | ipaddr.IPv6, number][];

  /** @param texts Each as {@link isAddressRange} takes it. */
  constructor(texts: readonly string[]) {
    this.#ranges = texts.map((text) => {
      if (text.includes("/")) return ipaddr.parseCIDR(text);
      return ipaddr.parseCIDR(`${text}/${isIP(text) === 4 ? 32 : 128}`);
    });
  }

  has(address: string): boolean {
    if (isIP(address) === 0) return false;
    return ipaddr.subnetMatch(ipaddr.process(address), { own: this.#ranges }, "others") === "own";
  }
}
