import { FlockError } from "@flock/errors";
import { isJsonObject, type JsonObject } from "../../http/json-body.js";

/** What the client is told of a field of the wrong type. */
export function wrongType(field: string, expected: string): FlockError {
  return new FlockError("invalid_argument", `field "${field}" must be ${expected}`);
}

/**
 * Reads the fields of a request's object by type. `null` is as good as absent, as with Ollama; anything else of the
 * wrong type throws `invalid_argument` that names the field.
 */
export class Fields {
  readonly #object: JsonObject;
  readonly #path: string;

  constructor(object: JsonObject, path = "") {
    this.#object = object;
    this.#path = path;
  }

  /** The field's name as the client is told it, e.g. `messages[2].content`. */
  nameOf(field: string): string {
    return `${this.#path}${field}`;
  }

  raw(field: string): unknown {
    // Own fields alone: "constructor" is not one of every object.
    return Object.hasOwn(this.#object, field) ? (this.#object[field] ?? undefined) : undefined;
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

  /** The objects of an array, each as Fields whose names tell their place. */
  objects(field: string): readonly Fields[] | undefined {
    return this.array(field)?.map((element, index) => {
      const name = `${this.nameOf(field)}[${index}]`;
      if (!isJsonObject(element)) throw wrongType(name, "an object");
      return new Fields(element, `${name}.`);
    });
  }

  /** The fields of an object that stands in `field`. */
  child(field: string, object: JsonObject): Fields {
    return new Fields(object, `${this.nameOf(field)}.`);
  }

  #read<T>(field: string, expected: string, is: (value: unknown) => value is T): T | undefined {
    const value = this.raw(field);
    if (value === undefined) return undefined;
    if (!is(value)) throw wrongType(this.nameOf(field), expected);
    return value;
  }
}

/** `fields` without those that are undefined. */
export function defined(fields: Readonly<Record<string, unknown>>): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
