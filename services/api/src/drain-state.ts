import { FlockError } from "@flock/errors";

const RETRY_AFTER_MS = 1_000;

/** Counts the requests under way and knows whether new ones are still taken. */
export class DrainState {
  #active = 0;
  #whenIdle: (() => void) | undefined;
  #drained: Promise<void> | undefined;
  readonly #onDrain: (() => void)[] = [];

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

  /** Calls it when the drain begins: what would not end by itself is to end then. */
  whenDraining(act: () => void): void {
    this.#onDrain.push(act);
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
    if (this.#drained !== undefined) return this.#drained;
    this.#drained = new Promise((resolve) => {
      this.#whenIdle = resolve;
      if (this.#active === 0) resolve();
    });
    for (const act of this.#onDrain) act();
    return this.#drained;
  }
}
