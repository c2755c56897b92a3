/** Longest model name taken from anyone, in characters. */
export const MODEL_NAME_LENGTH_MAX = 300;

const PART = "[A-Za-z0-9_][A-Za-z0-9._-]*";
const MODEL_NAME = new RegExp(`^(?:${PART}/){0,3}${PART}(?::${PART})?$`);

/**
 * Canonical form of an Ollama model name `[host/][namespace/]name[:tag]`: the tag made explicit, so that `llama3` and
 * `llama3:latest` are one model. Returns undefined for what is not a model name.
 */
export function canonicalModelName(name: string): string | undefined {
  if (name.length === 0 || name.length > MODEL_NAME_LENGTH_MAX || !MODEL_NAME.test(name)) return undefined;
  return name.includes(":", name.lastIndexOf("/") + 1) ? name : `${name}:latest`;
}

/**
 * A model name as one NATS subject token, KV key and consumer name: letters, digits and `-` stand for themselves, every
 * other character is `_` and two hex digits. Injective, so two models never share a queue.
 */
export function modelToken(canonicalName: string): string {
  return canonicalName.replace(/[^A-Za-z0-9-]/g, (character) => {
    return `_${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}
