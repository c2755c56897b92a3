import { FlockError } from "@flock/errors";
import type { Thinking } from "../../inference/inference-request.js";

/** OpenAI's words for how much a model thinks, and Ollama's. */
export const EFFORTS: ReadonlyMap<string, Thinking> = new Map<string, Thinking>([
  ["minimal", "low"],
  ["low", "low"],
  ["medium", "medium"],
  ["high", "high"],
  ["xhigh", "max"],
  ["ultra", "max"],
  ["max", "max"],
  ["none", false],
]);
/** In Ollama's words. */
const NAMES = [...EFFORTS.keys()].map((name) => JSON.stringify(name));
const EXPECTED = `${NAMES.slice(0, -1).join(", ")}, or ${NAMES.at(-1)}`;
const TOLD_LENGTH_MAX = 100;

/** `reasoning_effort` of one dialect and `reasoning.effort` of another; none is as the model is used to. */
export function thinkingOf(effort: string | undefined): Thinking | undefined {
  if (effort === undefined || effort === "") return undefined;
  const thinking = EFFORTS.get(effort);
  if (thinking !== undefined) return thinking;
  const told = JSON.stringify(effort.slice(0, TOLD_LENGTH_MAX));
  throw new FlockError("invalid_argument", `invalid reasoning value: ${told} (must be ${EXPECTED})`);
}
