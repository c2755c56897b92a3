/** Who got jobs of which models since this was cleared. */
export class Takers {
  /** The only worker by model; undefined: several. */
  readonly #onlyOne = new Map<string, string | undefined>();

  took(model: string, workerId: string): void {
    const isFirst = !this.#onlyOne.has(model);
    if (isFirst) this.#onlyOne.set(model, workerId);
    else if (this.#onlyOne.get(model) !== workerId) this.#onlyOne.set(model, undefined);
  }

  /** Whether another than this one got a job of the model. */
  isTakenByOther(model: string, workerId: string): boolean {
    return this.#onlyOne.has(model) && this.#onlyOne.get(model) !== workerId;
  }

  clear(): void {
    this.#onlyOne.clear();
  }
}
