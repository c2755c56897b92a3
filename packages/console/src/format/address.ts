/** `7vJ4…x9Qe`: enough of an address, a hash or a signature to tell it from others at a glance. */
export function shortAddress(address: string): string {
  return address.length <= 12 ? address : `${address.slice(0, 4)}…${address.slice(-4)}`;
}
