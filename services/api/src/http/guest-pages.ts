import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";
import { originMatcher } from "./cors-origins.js";

/**
 * Tells whether a request without a key may be a guest's, as far as pages in browsers go. A browser lets any page send
 * a POST that it can make without a question (and our bodies are JSON whatever their type says), and without a key
 * nothing else would keep somebody's page from using an api that only its reader can reach. So a request that a page
 * sends is the page's own api's, or that of a page that may call ({@link originMatcher}). A page that has its own name
 * lead to this machine (DNS rebinding) is of the same origin: names count only as far as they are known to be ours.
 * @param publicUrl How users know this api, if it has a name.
 */
export function guestPages(
  corsOrigins: readonly string[],
  publicUrl: string | undefined,
): (headers: IncomingHttpHeaders) => boolean {
  const isAllowed = originMatcher(corsOrigins);
  const publicHost = publicUrl === undefined ? undefined : new URL(publicUrl).host;
  return ({ origin, host = "" }) => {
    if (origin === undefined || corsOrigins.includes("*") || isAllowed(origin)) return true;
    if (!URL.canParse(origin)) return false;
    const page = new URL(origin);
    return page.host === publicHost || (page.host === host && isOwnName(page.hostname));
  };
}

/** Addresses and the machine's own name: nobody else can have them lead here. */
function isOwnName(hostname: string): boolean {
  const isAddress = isIP(hostname.replace(/^\[(.*)\]$/, "$1")) !== 0;
  return isAddress || hostname === "localhost" || hostname.endsWith(".localhost");
}
