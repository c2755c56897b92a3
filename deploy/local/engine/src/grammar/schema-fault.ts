import { FlockError } from "@flock/errors";

/** A JSON object from a client. */
export type Schema = Readonly<Record<string, unknown>>;

export const isSchemaObject = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** For what a schema asks and the engine cannot guarantee. */
export const unsupported = (what: string) =>
  new FlockError("invalid_argument", `format: ${what} is not supported by this engine`);

/** Thrown for a schema, or a part of one, that no value fits; as one of several alternatives it is only left out. */
export class Unsatisfiable extends Error {
  /** `what` completes "no value can fit …". */
  constructor(what: string) {
    super(`format: no value can fit ${what}`);
  }

  toFlockError(): FlockError {
    return new FlockError("invalid_argument", this.message, { cause: this });
  }
}

/** A value in a message: short, and on one line. */
export const quoted = (value: unknown) => (JSON.stringify(value) ?? "undefined").slice(0, 80);
