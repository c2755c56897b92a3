import { FlockError } from "@flock/errors";

/** The models that a request may be run by, in order. What each was refused for is remembered. */
export class Candidates<Planned> {
  readonly #names: string[];
  readonly #plan: (name: string) => Planned;
  readonly #refused: FlockError[] = [];

  /** @param plan Makes a job for a model; throws if that cannot be. */
  constructor(names: readonly string[], plan: (name: string) => Planned) {
    this.#names = [...names];
    this.#plan = plan;
  }

  /** False while the last one is tried. */
  get hasMore(): boolean {
    return this.#names.length > 0;
  }

  /**
   * The next one that can be planned.
   * @throws FlockError if there is none: see {@link refusal}.
   */
  next(): Planned {
    for (;;) {
      const name = this.#names.shift();
      if (name === undefined) throw this.refusal();
      try {
        return this.#plan(name);
      } catch (thrown) {
        this.refuse(FlockError.from(thrown));
      }
    }
  }

  /** The one that was tried last cannot answer. */
  refuse(error: FlockError): void {
    this.#refused.push(error);
  }

  /**
   * Why none of them could. If it helps to come back for any of them, that decides what kind of error it is, and when;
   * else the first.
   */
  refusal(): FlockError {
    const errors = this.#refused;
    const [first, ...others] = errors;
    if (first === undefined) throw new Error("no model was refused");
    if (others.length === 0) return first;
    const chief = errors.find(({ retry }) => retry !== "never") ?? first;
    const reasons = new Set(errors.map((error) => error.message));
    const message = `none of the models can answer: ${[...reasons].join("; ")}`;
    return new FlockError(chief.code, message, { retry: soonest(errors), cause: chief });
  }
}

function soonest(errors: readonly FlockError[]): FlockError["retry"] {
  const waits = errors.flatMap(({ retry }) => (retry === "never" ? [] : retry.afterMs));
  return waits.length === 0 ? "never" : { afterMs: Math.min(...waits) };
}
