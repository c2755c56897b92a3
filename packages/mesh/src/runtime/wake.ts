/**
 * Lets one part of a service tell another that there is something to do, so that it need not wait for its interval. For
 * one waiter; a call that comes while it does not wait is kept, once.
 */
export class Wake {
  #isCalled = false;
  #resume: () => void = () => {};

  /** Ends the wait under way, or the next one at once. */
  call(): void {
    this.#isCalled = true;
    this.#resume();
  }

  /** Forgets the calls so far: their work is about to be done. */
  clear(): void {
    this.#isCalled = false;
  }

  /** Waits until it was called since the last wait, `stop` is aborted, or the time, if any is given, is up. */
  async wait(stop: AbortSignal, timeoutMs?: number): Promise<void> {
    if (!this.#isCalled && !stop.aborted) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          stop.removeEventListener("abort", done);
          this.#resume = () => {};
          resolve();
        };
        const timer = timeoutMs === undefined ? undefined : setTimeout(done, timeoutMs);
        stop.addEventListener("abort", done, { once: true });
        this.#resume = done;
      });
    }
    this.clear();
  }
}
