import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { bearerOf } from "../keys/credentials.js";
import { normalisedTarget } from "./request-path.js";

/*
 * Where a request carries its key: `/k/<key>/…` in front of the path, for clients that cannot send a header (the
 * `ollama` command line with OLLAMA_HOST=http://host:port/k/<key>); `Authorization: Bearer <key>`; or a dialect's own
 * header. The path is first, because clients with such a base URL often send a placeholder in the header.
 */
const KEY_PREFIX = /^\/k\/([^/?#]+)(.*)$/s;

const keysInPath = new WeakMap<IncomingMessage, string>();

/**
 * The path to route by, in its one form ({@link normalisedTarget}) and without the key in front, which is kept for
 * {@link apiKeyOf} and never part of a URL again.
 */
export function takeKeyFromPath(request: IncomingMessage): string {
  const url = normalisedTarget(request.url ?? "/");
  const match = KEY_PREFIX.exec(url);
  if (match === null) return url;
  const [, key = "", rest = ""] = match;
  keysInPath.set(request, key);
  return rest.startsWith("/") ? rest : `/${rest}`;
}

/** Whether the key that a request came with stood in its URL. */
export function hasKeyInPath(request: IncomingMessage): boolean {
  return keysInPath.has(request);
}

/** Whether a request comes without anything that looks as if it was to be a key. */
export function showsNoKey(request: IncomingMessage, ownHeader?: keyof IncomingHttpHeaders): boolean {
  const { authorization = "" } = request.headers;
  return apiKeyOf(request, ownHeader) === undefined && /^(?:bearer)? *$/i.test(authorization);
}

/** The key that a request came with; undefined if it has none or not in a form we take. */
export function apiKeyOf(
  request: IncomingMessage,
  ownHeader?: keyof IncomingHttpHeaders,
): string | undefined {
  const inPath = keysInPath.get(request);
  if (inPath !== undefined) return inPath;
  const own = ownHeader === undefined ? undefined : request.headers[ownHeader];
  // Empty as good as absent: clients that have their key elsewhere send it like that.
  if (typeof own === "string" && own !== "") return own;
  return bearerOf(request.headers.authorization);
}
