import { FlockError } from "@flock/errors";
import { wrongType } from "../../json-fields.js";
import { isJsonObject, type JsonObject } from "../../json-object.js";
import { scanJson } from "../../json-scan.js";
import { refuseOverflow } from "../../json-text.js";

/** The arguments of a tool call as OpenAI's clients send them: JSON in a string. */
export interface ArgumentsText {
  readonly text: string;
  /** What the client calls it. */
  readonly field: string;
}

/**
 * Bounds the arguments of all calls of a request, before any of them is parsed, as its body was bounded before: what is
 * a string there may hold as many values as a body, and each string anew. In one list they are counted together.
 *
 * A text that is not JSON may end the count early; then {@link argumentsOf} refuses that text before it comes to the
 * ones behind it.
 */
export function requireReadableArguments(all: readonly ArgumentsText[]): void {
  if (all.length === 0) return;
  const fault = scanJson(Buffer.from(`[${all.map(({ text }) => text).join(",")}]`));
  if (typeof fault === "string")
    throw new FlockError("invalid_argument", `the arguments of the tool calls: ${fault}`);
}

/** What the call was made with; no text at all is what some models make of no arguments. */
export function argumentsOf({ text, field }: ArgumentsText): JsonObject {
  if (text.trim() === "") return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Told below: what the parser says of a text without its place would help nobody.
  }
  if (!isJsonObject(value)) throw wrongType(field, "a JSON object, as a string");
  refuseOverflow(value, field);
  return value;
}
