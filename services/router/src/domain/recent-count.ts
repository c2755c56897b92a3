const MINUTE_MS = 60_000;
const MINUTES = 60;

/** How often something happened in the last hour, to a minute. */
export class RecentCount {
  /** Number of the minute, and how often it happened in it; the oldest first. */
  readonly #minutes: { readonly minute: number; count: number }[] = [];

  add(nowMs: number): void {
    const minute = Math.floor(nowMs / MINUTE_MS);
    const last = this.#minutes.at(-1);
    if (last?.minute === minute) last.count += 1;
    else this.#minutes.push({ minute, count: 1 });
    this.#forget(minute);
  }

  count(nowMs: number): number {
    this.#forget(Math.floor(nowMs / MINUTE_MS));
    return this.#minutes.reduce((sum, { count }) => sum + count, 0);
  }

  #forget(minute: number): void {
    while (this.#minutes[0] !== undefined && this.#minutes[0].minute <= minute - MINUTES)
      this.#minutes.shift();
  }
}
