import { randomBytes } from "node:crypto";
import type { ToolCall } from "../inference/inference-request.js";

/** What every client takes and sends back: the letters of Anthropic's ids, and not too many of them. */
const USABLE = /^[A-Za-z0-9_-]{1,64}$/;
const OWN_BYTES = 12;

/**
 * The ids of an answer's tool calls, for dialects that must have one for each: the engine's own, unless that is
 * missing, unusable or not the only one of its kind. (It came from a worker.)
 */
export class ToolCallIds {
  readonly #given = new Set<string>();

  of(call: ToolCall): string {
    const theirs: unknown = call.id;
    const isGood = typeof theirs === "string" && USABLE.test(theirs) && !this.#given.has(theirs);
    const id = isGood ? theirs : `call_${randomBytes(OWN_BYTES).toString("hex")}`;
    this.#given.add(id);
    return id;
  }
}
