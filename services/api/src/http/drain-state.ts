/** Counts the requests under way and knows whether new ones are still taken. */
export class DrainState {
  #active = 0;
  #isDraining = false;
  #whenIdle: (() => void) | undefined;

  get active(): number {
    return this.#active;
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  begin(): void {
    this.#active += 1;
  }

  end(): void {
    this.#active -= 1;
    if (this.#active === 0) this.#whenIdle?.();
  }

  /** From now on nothing new is taken; resolves when nothing is under way any more. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    if (this.#active === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
    });
  }
}
