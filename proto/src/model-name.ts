/** Longest model name taken from anyone, in characters, without blanks around it. */
export const MODEL_NAME_LENGTH_MAX = 300;

/** What Ollama adds to a name that lacks it. */
const DEFAULT_HOST = "registry.ollama.ai";
const DEFAULT_NAMESPACE = "library";
const DEFAULT_TAG = "latest";

const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//;
/** Ollama's way to say: the model that is here, not the hosted one of that name. Here there is no hosted one. */
const LOCAL = /:local$/i;
/** With a port, if there is one. */
const HOST = /^[A-Za-z0-9_][A-Za-z0-9._:-]*$/;
const NAMESPACE = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,79}$/;
const NAME_OR_TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,79}$/;

/**
 * The one form of all the names that Ollama takes for the same model, `[[scheme://]host/][namespace/]name[:tag]`: in
 * lower case, with a tag, without blanks around it and without what every name has by default. So `Llama3`,
 * ` library/llama3` and `registry.ollama.ai/library/llama3:latest` are `llama3:latest`. Returns undefined for what is
 * not a model name.
 */
export function canonicalModelName(name: string): string | undefined {
  const trimmed = name.trim();
  if (trimmed.length > MODEL_NAME_LENGTH_MAX) return undefined;
  const given = trimmed.replace(LOCAL, "");
  if (LOCAL.test(given)) return undefined;
  const scheme = SCHEME.exec(given)?.[0] ?? "";
  const parts = given.slice(scheme.length).split("/");
  // Only a host can stand behind a scheme.
  if (parts.length > 3 || (scheme !== "" && parts.length !== 3)) return undefined;
  const last = parts.at(-1) ?? "";
  const colon = last.indexOf(":");
  const model = colon === -1 ? last : last.slice(0, colon);
  const tag = colon === -1 ? DEFAULT_TAG : last.slice(colon + 1);
  const namespace = parts.at(-2) ?? DEFAULT_NAMESPACE;
  const host = parts.at(-3) ?? DEFAULT_HOST;
  const isName = NAME_OR_TAG.test(model) && NAME_OR_TAG.test(tag) && NAMESPACE.test(namespace);
  if (!isName || !HOST.test(host)) return undefined;
  return shortest(host.toLowerCase(), namespace.toLowerCase(), `${model}:${tag}`.toLowerCase());
}

/** As Ollama lists it: with its tag, and as much before it as is not the default. */
function shortest(host: string, namespace: string, nameAndTag: string): string {
  if (host !== DEFAULT_HOST) return `${host}/${namespace}/${nameAndTag}`;
  return namespace === DEFAULT_NAMESPACE ? nameAndTag : `${namespace}/${nameAndTag}`;
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

/** The name that a token stands for; undefined: for none, or it is not how {@link modelToken} writes it. */
export function modelOfToken(token: string): string | undefined {
  const name = token.replace(/_([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return modelToken(name) === token && canonicalModelName(name) === name ? name : undefined;
}
