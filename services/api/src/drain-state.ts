import { FlockError } from "@flock/errors";

const RETRY_AFTER_MS = 1_000;

/** Counts the requests under way and knows whether new ones are still taken. */
export class DrainState {
  #active = 0;
  #whenIdle: (() => void) | undefined;
  #drained: Promise<void> | undefined;

  get active(): number {
    return this.#active;
  }

  get isDraining(): boolean {
    return this.#drained !== undefined;
  }

  /** @throws FlockError `unavailable` if nothing new is taken any more. */
  requireOpen(): void {
    if (!this.isDraining) return;
    throw new FlockError("unavailable", "the server is shutting down, please try again", {
      retry: { afterMs: RETRY_AFTER_MS },
    });
  }

  begin(): void {
    this.#active += 1;
  }

  end(): void {
    this.#active -= 1;
    if (this.#active === 0) this.#whenIdle?.();
  }

  /** From now on nothing new is taken; resolves when nothing is under way any more. */
  drain(): Promise<void> {
    this.#drained ??= new Promise((resolve) => {
      this.#whenIdle = resolve;
      if (this.#active === 0) resolve();
    });
    return this.#drained;
  }
}
