import { type JsonSchema, nameOf } from "./json-schema.js";

/** Collects the schemas that have names, and puts references in their places. */
export class SharedSchemas {
  readonly #byName = new Map<string, { readonly written: unknown; readonly text: string }>();

  /** A copy in which every named schema is a reference. */
  referred<T>(value: T): T {
    // CAST: a copy of the same shape, but for references in the places of schemas.
    return this.#copy(value) as T;
  }

  /** The schemas that were met, by name. */
  components(): Readonly<Record<string, unknown>> {
    const entries = [...this.#byName].map(([name, { written }]) => [name, written] as const);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #copy(value: unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((each) => this.#copy(each));
    const name = nameOf(value);
    const members = Object.fromEntries(Object.entries(value).map(([key, each]) => [key, this.#copy(each)]));
    return name === undefined ? members : this.#reference(name, members);
  }

  #reference(name: string, written: JsonSchema): JsonSchema {
    const text = JSON.stringify(written);
    const known = this.#byName.get(name);
    if (known !== undefined && known.text !== text) throw new Error(`two schemas are named ${name}`);
    this.#byName.set(name, { written, text });
    return { $ref: `#/components/schemas/${name}` };
  }
}
