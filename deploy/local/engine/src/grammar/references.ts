import { isSchemaObject, quoted, type Schema, unsupported } from "./schema-fault.js";

/** Resolves `$ref`: JSON pointers into the schema itself, e.g. `#/$defs/Pet`; `#` is the schema. */
export class References {
  readonly #root: Schema;
  readonly #reached = new Map<string, ReadonlySet<string>>();

  constructor(root: Schema) {
    this.#root = root;
  }

  /** The schema that `reference` points at. Throws `invalid_argument` naming it if there is none. */
  resolve(reference: unknown): Schema | boolean {
    const refused = () => unsupported(`"$ref": ${quoted(reference)}`);
    if (typeof reference !== "string" || !/^#(\/|$)/.test(reference)) throw refused();
    let value: unknown = this.#root;
    for (const step of reference.split("/").slice(1)) {
      const key = stepName(step);
      const isInside =
        typeof value === "object" && value !== null && key !== undefined && Object.hasOwn(value, key);
      // CAST: any object has its own keys as properties.
      value = isInside ? (value as Record<string, unknown>)[key] : undefined;
    }
    if (!isSchemaObject(value) && typeof value !== "boolean") throw refused();
    return value;
  }

  /** Whether values of this schema can contain values of a schema that contains itself. */
  isRecursive(schema: unknown): boolean {
    return [...this.#reachable(schema)].some((reference) => this.#reachedFrom(reference).has(reference));
  }

  #reachedFrom(reference: string): ReadonlySet<string> {
    let reached = this.#reached.get(reference);
    if (reached === undefined) {
      reached = this.#reachable(this.resolve(reference));
      this.#reached.set(reference, reached);
    }
    return reached;
  }

  #reachable(schema: unknown): ReadonlySet<string> {
    const found = new Set(referencesIn(schema));
    // Iterating over a Set comes by what is added meanwhile.
    for (const reference of found) for (const next of referencesIn(this.resolve(reference))) found.add(next);
    return found;
  }
}

/** `~1` is a slash, `~0` a tilde, and a reference is part of an address. */
function stepName(step: string): string | undefined {
  try {
    return decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
  } catch {
    // A percent sign that begins no escape: it points at nothing.
    return undefined;
  }
}

function referencesIn(schema: unknown): readonly string[] {
  if (typeof schema !== "object" || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) =>
    key === "$ref" && typeof value === "string" ? [value] : referencesIn(value),
  );
}
