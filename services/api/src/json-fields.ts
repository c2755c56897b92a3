import { FlockError } from "@flock/errors";
import { isJsonObject, type JsonObject } from "./json-object.js";

/** Of a name that a client chose, so much is told back to it. */
const MEMBER_NAME_LENGTH_MAX = 100;

/** What the client is told of a field of the wrong type. */
export function wrongType(field: string, expected: string): FlockError {
  return new FlockError("invalid_argument", `field "${field}" must be ${expected}`, { details: { field } });
}

/**
 * Reads the fields of a request's object by type, as Ollama does: names match without regard to case, and of several
 * the last counts; `null` is as good as absent. Anything else of the wrong type throws `invalid_argument` that names
 * the field.
 */
export class Fields {
  /** By name in lower case. */
  readonly #values = new Map<string, unknown>();
  readonly #path: string;

  constructor(object: JsonObject, path = "") {
    this.#path = path;
    for (const [name, value] of Object.entries(object)) {
      if (value !== null && value !== undefined) this.#values.set(name.toLowerCase(), value);
    }
  }

  /** The field's name as the client is told it, e.g. `messages[2].content`. */
  nameOf(field: string): string {
    return `${this.#path}${field}`;
  }

  /** The value as it is; undefined if there is none. `field` is in lower case. */
  raw(field: string): unknown {
    return this.#values.get(field);
  }

  string(field: string): string | undefined {
    return this.#read(field, "a string", (value): value is string => typeof value === "string");
  }

  boolean(field: string): boolean | undefined {
    return this.#read(field, "a boolean", (value): value is boolean => typeof value === "boolean");
  }

  number(field: string): number | undefined {
    return this.#read(field, "a number", (value): value is number => typeof value === "number");
  }

  object(field: string): JsonObject | undefined {
    return this.#read(field, "an object", isJsonObject);
  }

  array(field: string): readonly unknown[] | undefined {
    return this.#read(field, "an array", (value): value is unknown[] => Array.isArray(value));
  }

  strings(field: string): readonly string[] | undefined {
    const isStrings = (value: unknown): value is string[] =>
      Array.isArray(value) && value.every((element) => typeof element === "string");
    return this.#read(field, "an array of strings", isStrings);
  }

  integer(field: string): number | undefined {
    return this.#read(field, "an integer", (value): value is number => Number.isInteger(value));
  }

  /** The objects of an array, each as Fields whose names tell their place; `null` is as good as an empty one. */
  objects(field: string): readonly Fields[] | undefined {
    return this.array(field)?.map((element, index) => fieldsOf(`${this.nameOf(field)}[${index}]`, element));
  }

  /** The members of the object in `field`, whose names are the client's own; each as Fields, as in {@link objects}. */
  members(field: string): readonly Fields[] {
    return Object.entries(this.object(field) ?? {}).map(([name, value]) =>
      fieldsOf(`${this.nameOf(field)}.${name.slice(0, MEMBER_NAME_LENGTH_MAX)}`, value),
    );
  }

  /** The fields of the object in `field`; none if it is absent. */
  child(field: string): Fields {
    return new Fields(this.object(field) ?? {}, `${this.nameOf(field)}.`);
  }

  #read<T>(field: string, expected: string, is: (value: unknown) => value is T): T | undefined {
    const value = this.raw(field);
    if (value === undefined) return undefined;
    if (!is(value)) throw wrongType(this.nameOf(field), expected);
    return value;
  }
}

function fieldsOf(name: string, value: unknown): Fields {
  if (value !== null && !isJsonObject(value)) throw wrongType(name, "an object");
  return new Fields(value ?? {}, `${name}.`);
}
