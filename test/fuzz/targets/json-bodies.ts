import fc from "fast-check";
import { parseJsonObject } from "../../../services/api/src/http/json-body.js";
import { JSON_DEPTH_MAX, measureJson } from "../../../services/api/src/json-scan.js";
import { JsonTexts } from "../../../services/api/src/json-text.js";
import { fuzzTarget } from "../fuzz-target.js";
import { mutatedJson } from "../generators/json.js";
import { mustHold, taken } from "../outcome.js";
import { goldenBodies } from "../rigs/golden-bodies.js";

/** Every value of a document, and how deep it nests. */
function measured(value: unknown, depth = 0): { values: number; depth: number } {
  if (typeof value !== "object" || value === null) return { values: 1, depth };
  const below = Object.values(value).map((each) => measured(each, depth + 1));
  return {
    values: below.reduce((sum, each) => sum + each.values, 1),
    depth: Math.max(depth + 1, ...below.map((each) => each.depth)),
  };
}

function hasOnlyFinite(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  return typeof value !== "object" || value === null || Object.values(value).every(hasOnlyFinite);
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** Objects alone, for whoever parses is asked for one; a name twice is counted by the scan and not by JSON.parse. */
function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const deep = fc
  .integer({ min: 1, max: 300 })
  .map((depth) => Buffer.from(`${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`));

export const jsonBodies = fuzzTarget({
  name: "json-bodies",
  about: "the api's own scan of JSON, of bodies and of texts in fields, compared with JSON.parse",
  open: () => ({
    inputs: fc.oneof({ weight: 20, arbitrary: mutatedJson(goldenBodies().map(({ body }) => body)) }, deep),
    probe: (bytes) => {
      const text = bytes.toString();
      const whole = parsed(text);
      const body = taken(() => parseJsonObject(bytes));
      const field = taken(() => new JsonTexts().object(text, "field"));
      mustHold(body === undefined || isObject(body.value), "a body that is no object");
      if (whole === undefined || !isObject(whole.value)) {
        mustHold(field === undefined, "a field that is no object is taken");
        return body !== undefined;
      }
      checkBounds(bytes, whole.value);
      if (typeof measureJson(bytes) === "string" || !hasOnlyFinite(whole.value)) {
        mustHold(field === undefined, "out of bounds, and taken");
        return false;
      }
      for (const each of [body, field])
        mustHold(JSON.stringify(each?.value) === JSON.stringify(whole.value), "read unlike JSON.parse");
      return true;
    },
  }),
});

/** What the scan says of an object that JSON.parse has read. */
function checkBounds(bytes: Buffer, value: object): void {
  const { values, depth } = measured(value);
  const found = measureJson(bytes);
  if (found === "too deep")
    return mustHold(depth > JSON_DEPTH_MAX || hasTwice(bytes.toString()), "not so deep");
  if (found === "too many values") return;
  mustHold(
    depth <= JSON_DEPTH_MAX && found.values >= values,
    "deeper, or more values, than the scan has seen",
  );
  mustHold(bytes.subarray(found.length).toString().trim() === "", "it ends before its end");
}

/** JSON.parse forgets what was under a name that comes again: the scan has seen that, too. */
function hasTwice(text: string): boolean {
  const value = parsed(text)?.value;
  return JSON.stringify(value).length < text.replace(/\s/g, "").length / 1.5;
}
