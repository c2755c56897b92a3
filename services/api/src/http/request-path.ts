const SCHEME_AND_HOST = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;
/** Letters, digits, `-`, `.`, `_`, `~`: as good encoded as plain (RFC 3986, 2.3). Nothing else is. */
const ENCODED_UNRESERVED = /(?<!%)%(?:2[de]|3[0-9]|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae])/gi;

/**
 * A request target (RFC 9112, 3.2) as it is routed: without scheme and host, without empty and dot segments, without a
 * slash at the end; its query as it was. Ollama answers such targets with a redirect, which not every client follows
 * with its body and its headers. One form, made before a key is looked for and anything is checked, so that there are
 * no two readings of a path. An encoded slash (`%2F`) stays part of its segment.
 */
export function normalisedTarget(target: string): string {
  const origin = SCHEME_AND_HOST.exec(target)?.[0] ?? "";
  const local = target.slice(origin.length);
  const end = local.search(/[?#]/);
  const path = end === -1 ? local : local.slice(0, end);
  const rest = end === -1 ? "" : local.slice(end);
  // Asked of the server and not of a path: the root is the nearest that there is.
  if (path === "*") return `/${rest}`;
  const segments: string[] = [];
  for (const segment of path.replace(ENCODED_UNRESERVED, decodeURIComponent).split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segment);
  }
  return `/${segments.join("/")}${rest}`;
}
