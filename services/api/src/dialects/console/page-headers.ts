/**
 * What a page of ours may do: load its own scripts, styles and images, call this api, and nothing else. No script is
 * written into it, and none is made of text (Trusted Types), so what a model says stays text.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  ...["script-src", "style-src", "img-src", "font-src", "connect-src", "manifest-src"].map(
    (kind) => `${kind} 'self'`,
  ),
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

/** Of every page. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-cache",
  "content-security-policy": CONTENT_SECURITY_POLICY,
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=()",
  // The words of an answer tell no name server what it links to.
  "x-dns-prefetch-control": "off",
  "referrer-policy": "no-referrer",
};

/** Of whatever belongs to a page, and of pages. */
export const FILE_HEADERS: Readonly<Record<string, string>> = {
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff",
};
