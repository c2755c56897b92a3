import { FlockError } from "@flock/errors";

export type JsonObject = Readonly<Record<string, unknown>>;

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Reads typed fields of a request's JSON object. Names match in any case, as in Go, the last one counts; null counts as
 * absent; a field of another type is refused with its name (`invalid_argument`); fields nobody asks for are ignored.
 */
export class Fields {
  readonly #values: ReadonlyMap<string, unknown>;
  /** How a field is called in messages, e.g. `(name) => `option "${name}"``. */
  readonly #call: (name: string) => string;

  constructor(object: JsonObject, call = (name: string) => `"${name}"`) {
    this.#values = new Map(Object.entries(object).map(([name, value]) => [name.toLowerCase(), value]));
    this.#call = call;
  }

  /** The value as it came; undefined if absent or null. */
  raw(name: string): unknown {
    return this.#values.get(name) ?? undefined;
  }

  string(name: string): string | undefined {
    return this.#typed(name, "string", (value) => typeof value === "string");
  }

  boolean(name: string): boolean | undefined {
    return this.#typed(name, "bool", (value) => typeof value === "boolean");
  }

  /** A finite number. */
  number(name: string): number | undefined {
    return this.#typed(name, "float32", (value) => Number.isFinite(value));
  }

  /** A number, its fraction cut off as Ollama does with options; beyond ±(2^53 - 1): that. */
  integer(name: string): number | undefined {
    const value: number | undefined = this.#typed(name, "integer", (value) => Number.isFinite(value));
    if (value === undefined) return undefined;
    return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Math.trunc(value)));
  }

  /** A safe integer; a fraction is refused. */
  wholeNumber(name: string): number | undefined {
    return this.#typed(name, "int", (value) => Number.isSafeInteger(value));
  }

  object(name: string): JsonObject | undefined {
    return this.#typed(name, "object", isJsonObject);
  }

  array(name: string): readonly unknown[] | undefined {
    return this.#typed(name, "array", Array.isArray);
  }

  #typed<T>(name: string, type: string, is: (value: unknown) => boolean): T | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (!is(value)) throw new FlockError("invalid_argument", `${this.#call(name)} must be of type ${type}`);
    // CAST: `is` has just checked it.
    return value as T;
  }
}
