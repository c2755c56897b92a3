let lastUnixMs = 0;
let lastText = "";

/** Now, as RFC 3339 in UTC. Made once per millisecond: it stands in every chunk. */
export function timestamp(): string {
  const nowUnixMs = Date.now();
  if (nowUnixMs !== lastUnixMs) {
    lastUnixMs = nowUnixMs;
    lastText = new Date(nowUnixMs).toISOString();
  }
  return lastText;
}
