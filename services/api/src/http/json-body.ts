import { FlockError } from "@flock/errors";
import type { FastifyRequest } from "fastify";
import { isJsonObject, type JsonObject } from "../json-object.js";
import { type JsonFault, scanJson } from "../json-scan.js";
import { refuseOverflow } from "../json-text.js";
import type { BodyBudget } from "../limits/body-budget.js";
import { readBody } from "./request-body.js";

const FAULTS: Readonly<Record<JsonFault, string>> = {
  "too deep": "the request body is nested too deeply",
  "too many values": "the request body holds too many values",
};

/** JSON's white space, and nothing else. */
const BLANK = /^[ \t\r\n]*$/;
/** Ollama's decoder is content when it has read this; what follows does not matter. */
const NULL = /^[ \t\r\n]*null/;

/**
 * Parses a request body, whatever its content type says, as one JSON object, as Ollama does: the first value counts and
 * nothing behind it, `null` is as good as `{}`, and bytes that are not UTF-8 are read as U+FFFD.
 * @throws FlockError `invalid_argument`: empty, not JSON, not an object, nested deeper than 128 levels, more values
 *   than are plausible, or a number that does not fit a double (`1e400`).
 */
export function parseJsonObject(bytes: Buffer): JsonObject {
  // Before JSON.parse: parsing, walking and serialising what passes cannot exhaust the stack or the memory.
  const length = scanJson(bytes);
  if (typeof length === "string") throw new FlockError("invalid_argument", FAULTS[length]);
  const value = firstValue(bytes.toString("utf8", 0, length));
  if (value === null) return {};
  if (!isJsonObject(value))
    throw new FlockError("invalid_argument", "the request body must be a JSON object");
  refuseOverflow(value, "");
  return value;
}

function firstValue(text: string): unknown {
  if (BLANK.test(text)) throw new FlockError("invalid_argument", "missing request body");
  if (NULL.test(text)) return null;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FlockError("invalid_argument", "the request body is not valid JSON", { cause });
  }
}

/** What bounds bodies. */
export interface BodyLimits {
  readonly bodyBytesMax: number;
  /** Of all of them together; undefined where `bodyBytesMax` is small. */
  readonly bodyBudget?: BodyBudget;
}

/**
 * Reads and parses the body of a request: {@link readBody}, then {@link parseJsonObject}. What it holds of the budget
 * is given back when the request is over.
 */
export async function readJsonObject(
  { raw, requestContext }: FastifyRequest,
  { bodyBytesMax, bodyBudget }: BodyLimits,
): Promise<JsonObject> {
  const share = bodyBudget?.share(requestContext.bodyAccount);
  if (share !== undefined) requestContext.whenOver(() => share.release());
  return parseJsonObject(await readBody(raw, bodyBytesMax, share));
}
