/** `1 job`, `12,345 jobs`. */
export function counted(count: number | bigint, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 || count === 1n ? one : many}`;
}

export function formatCount(count: number | bigint): string {
  return count.toLocaleString("en", { maximumFractionDigits: 1 });
}
