const COUNTS = { workers: 4, slots: 8, busy: 3, draining: 0, waiting: 1, tokens: 120, jobs: 2 };

/** A second of the network, as an event of the feed. */
export function frameEvent(seq: number): string {
  const at = new Date(seq * 1_000).toISOString();
  const models = [{ name: "flock-tiny", ...COUNTS }];
  return `id: ${seq}\nevent: frame\ndata: ${JSON.stringify({ at, seq, totals: COUNTS, models, other: null })}\n\n`;
}
