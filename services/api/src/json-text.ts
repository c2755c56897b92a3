import { FlockError } from "@flock/errors";
import { isJsonObject, type JsonObject } from "./json-object.js";
import { JSON_DEPTH_MAX, JSON_VALUES_MAX, type JsonFault, measureJson } from "./json-scan.js";

const FAULTS: Readonly<Record<JsonFault, string>> = {
  "too deep": "is nested too deeply",
  "too many values": "holds too many values, with the others of the request",
};

/**
 * Reads the JSON texts in the fields of one request. Bounded like a request that is JSON as a whole, in depth and
 * number of values, all of its texts together.
 */
export class JsonTexts {
  #valuesLeft = JSON_VALUES_MAX;

  /**
   * The object in a field.
   * @throws FlockError `invalid_argument` that names the field.
   */
  object(text: string, field: string): JsonObject {
    const bytes = Buffer.from(text);
    // Before JSON.parse: what passes cannot exhaust the stack or the memory.
    const measured = measureJson(bytes, JSON_DEPTH_MAX, this.#valuesLeft);
    if (typeof measured === "string") throw wrong(field, FAULTS[measured]);
    this.#valuesLeft -= measured.values;
    const value = parsed(text, field);
    if (!isJsonObject(value)) throw wrong(field, "must be a JSON object");
    refuseOverflow(value, field);
    return value;
  }
}

function parsed(text: string, field: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw wrong(field, "must be JSON", cause);
  }
}

function wrong(field: string, what: string, cause?: unknown): FlockError {
  return new FlockError("invalid_argument", `field "${field}" ${what}`, { details: { field }, cause });
}

/** JSON has no infinity: what overflowed in parsing would go on as `null`. The depth is bounded by the scan before. */
export function refuseOverflow(value: unknown, path: string): void {
  if (typeof value === "number" && !Number.isFinite(value))
    throw new FlockError("invalid_argument", `the number in ${path} is out of range`, {
      details: { field: path },
    });
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const [index, element] of value.entries()) {
      if (typeof element !== "string") refuseOverflow(element, `${path}[${index}]`);
    }
  } else {
    for (const [name, member] of Object.entries(value)) {
      if (typeof member !== "string") refuseOverflow(member, path === "" ? name : `${path}.${name}`);
    }
  }
}
