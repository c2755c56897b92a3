/** What the catalogue pins of a model: every worker that serves it serves exactly this. */
export interface Pin {
  readonly digest: string;
  /** Tokens of context; 0: unknown, and any will do. */
  readonly contextLength: number;
}

/** Whether a worker's model is the pinned one, with at least the pinned context. */
export function fitsPin(served: Pin, pin: Pin | undefined): boolean {
  if (pin === undefined || served.digest !== pin.digest) return false;
  return served.contextLength === 0 || served.contextLength >= pin.contextLength;
}

/** Whether the catalogue could not describe the worker's model better than it does. */
export function equalsPin(served: Pin, pin: Pin): boolean {
  return served.digest === pin.digest && served.contextLength === pin.contextLength;
}

/**
 * Pins that no live worker stands for: its owner pulled another version of the tag everywhere, or gave the model
 * another context. Such a pin is renewed once that has been so for `renewAfterMs`, so that a worker that only restarts
 * keeps its pin.
 */
export class ContestedPins {
  readonly #sinceMs = new Map<string, number>();

  constructor(private readonly renewAfterMs: number) {}

  /** A live worker was seen that stands for the pin. */
  confirm(model: string): void {
    this.#sinceMs.delete(model);
  }

  /** No live worker stands for the pin. True once it may be renewed. */
  contest(model: string, nowMs: number): boolean {
    const sinceMs = this.#sinceMs.get(model);
    if (sinceMs === undefined) this.#sinceMs.set(model, nowMs);
    return sinceMs !== undefined && nowMs - sinceMs >= this.renewAfterMs;
  }
}
