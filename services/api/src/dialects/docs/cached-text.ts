import type { RouteHandlerMethod } from "fastify";
import { etagOf, hasIt } from "../../http/etag.js";

/** A text that is the same until the next release. */
export interface CachedText {
  readonly text: string;
  readonly type: string;
}

/** Scripts, styles and the document are our own, and nothing else is loaded or embeds the page. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  ...["script-src", "style-src", "connect-src"].map((kind) => `${kind} 'self'`),
  ...["base-uri", "form-action", "frame-ancestors"].map((kind) => `${kind} 'none'`),
].join("; ");

const HEADERS = {
  "cache-control": "no-cache",
  "content-security-policy": CONTENT_SECURITY_POLICY,
  // The address of the page may have a key in it.
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** Serves a text that is made once, when it is first asked for; 304 to whom has it. */
export function cachedText(make: () => CachedText): RouteHandlerMethod {
  let made: (CachedText & { readonly etag: string }) | undefined;
  return async (request, reply) => {
    made ??= tagged(make());
    reply.headers({ ...HEADERS, etag: made.etag });
    if (hasIt(request.headers["if-none-match"], made.etag)) return reply.code(304).send();
    return reply.type(made.type).send(made.text);
  };
}

function tagged(text: CachedText): CachedText & { readonly etag: string } {
  return { ...text, etag: etagOf(text.text) };
}
