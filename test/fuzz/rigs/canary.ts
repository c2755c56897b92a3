/** Stands in every prompt: where it turns up, a prompt has turned up. */
export const CANARY = "canary-7f3c";

/** Members whose text a model reads. */
const READ_BY_MODELS = new Set(["content", "prompt", "text", "input", "system", "instructions"]);

/** A request whose prompts can be told from all else. */
export function withCanary(value: unknown, name = ""): unknown {
  if (typeof value === "string") return READ_BY_MODELS.has(name) ? `${value} ${CANARY}` : value;
  if (Array.isArray(value)) return value.map((each) => withCanary(each, name));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withCanary(member, key)]));
}
