/** Wakes one loop. A ring that comes while nobody waits is kept, once. */
export class Bell {
  #isRung = false;
  #wake: () => void = () => {};

  ring(): void {
    this.#isRung = true;
    this.#wake();
  }

  /** Settles at the next ring, after `timeoutMs`, or when `stop` is aborted, whichever is first. */
  async wait(stop: AbortSignal, timeoutMs?: number): Promise<void> {
    if (!this.#isRung && !stop.aborted) {
      await new Promise<void>((resolve) => {
        const timer = timeoutMs === undefined ? undefined : setTimeout(() => done(), timeoutMs);
        const done = (): void => {
          clearTimeout(timer);
          stop.removeEventListener("abort", done);
          this.#wake = () => {};
          resolve();
        };
        stop.addEventListener("abort", done, { once: true });
        this.#wake = done;
      });
    }
    this.#isRung = false;
  }
}
