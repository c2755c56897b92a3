/** Shorter parts of a URL's path and query are names, not keys. */
const PATH_KEY_MIN = 16;
const QUERY_KEY_MIN = 8;
/** A comma may also stand in a password: one that separates has a scheme behind it, or no further `@`. */
const BETWEEN_URLS = /,(?=\s*[a-z][a-z0-9+.-]*:\/\/|[^@]*$)/i;

/**
 * The words in a variable that nobody may see: of each URL, separated by commas, its password, or its token, and what
 * looks like a key in the path and the query of one for HTTP, as providers of RPC endpoints have it. Each as it is
 * written, and as it is meant.
 */
export function secretsIn(value: string): string[] {
  const words = value.split(BETWEEN_URLS).flatMap((url) => secretsOfUrl(url.trim()));
  return [...new Set(words.flatMap((word) => [word, meant(word)]))];
}

function secretsOfUrl(url: string): string[] {
  // Not by the URL class: what is no URL has its password nevertheless.
  const [, scheme = "", rest = ""] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/is.exec(url) ?? [];
  const at = rest.lastIndexOf("@");
  const [user = "", ...password] = at < 0 ? [] : rest.slice(0, at).split(":");
  const whole = password.join(":");
  const isToken = whole === "" && /^(nats|tls|wss?|https?)$/i.test(scheme);
  const own = isToken ? user : whole;
  // A password that is the user's name is none, and the name is in many a line.
  const isName = !isToken && whole === user;
  const keys = /^https?$/i.test(scheme) ? keysIn(rest.slice(at + 1)) : [];
  return [...(isName ? [] : [own]), ...keys].filter((word) => word !== "");
}

function keysIn(hostAndPath: string): string[] {
  const [path = "", query = ""] = hostAndPath.split("?");
  const values = query.split("&").map((pair) => pair.slice(pair.indexOf("=") + 1));
  return [
    ...path
      .split("/")
      .slice(1)
      .filter((part) => part.length >= PATH_KEY_MIN),
    ...values.filter((part) => part.length >= QUERY_KEY_MIN),
  ];
}

function meant(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}
