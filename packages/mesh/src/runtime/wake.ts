/**
 * Lets one part of the service tell another that there is something to do, so that it need not wait for its interval.
 */
export class Wake {
  #isCalled = false;
  #resume: () => void = () => {};

  /** Ends the wait under way, or the next one at once. */
  call(): void {
    this.#isCalled = true;
    this.#resume();
  }

  /** Forgets calls so far: what they told of is about to be done. */
  clear(): void {
    this.#isCalled = false;
  }

  /** Waits until it was called since the last wait, or `stop` is aborted, or the time is up. */
  async wait(timeoutMs: number, stop: AbortSignal): Promise<void> {
    if (!this.#isCalled && !stop.aborted) {
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          stop.removeEventListener("abort", done);
          resolve();
        };
        const timer = setTimeout(done, timeoutMs);
        stop.addEventListener("abort", done, { once: true });
        this.#resume = done;
      });
    }
    this.clear();
  }
}
