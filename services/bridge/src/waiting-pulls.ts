/** What an original worker is told to run. */
export interface HandedJob {
  readonly id: string;
  /** Of its Ollama. */
  readonly path: string;
  readonly request: unknown;
}

/** One request for work that has not been answered. */
export interface WaitingPull {
  /** The name that a worker's process has given itself. */
  readonly reference: string;
  /** Canonical names of what it can run. */
  readonly models: ReadonlySet<string>;
  /** Answers it: with a job, or with none. */
  answer(job: HandedJob | undefined): void;
}

/** The open pulls of one key, the longest waiting first. */
export class WaitingPulls {
  readonly #pulls = new Set<WaitingPull>();

  get size(): number {
    return this.#pulls.size;
  }

  add(pull: WaitingPull): void {
    this.#pulls.add(pull);
  }

  /** It was answered, or its worker has gone. */
  remove(pull: WaitingPull): void {
    this.#pulls.delete(pull);
  }

  /** Takes one out that can run the model. */
  takeFor(model: string): WaitingPull | undefined {
    for (const pull of this.#pulls) {
      if (!pull.models.has(model)) continue;
      this.#pulls.delete(pull);
      return pull;
    }
    return undefined;
  }

  /** Sends all of them away. */
  dismiss(): void {
    for (const pull of [...this.#pulls]) {
      this.#pulls.delete(pull);
      pull.answer(undefined);
    }
  }
}
