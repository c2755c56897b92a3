const SCHEMES = new Set(["https:", "http:", "mailto:"]);

export interface SafeLink {
  readonly href: string;
  /** Where it leads, to be read beside its words, which may say something else. */
  readonly place: string;
}

/** `null` for what may not be a link: other schemes, and what is no whole URL. None is relative to this page. */
export function safeLink(href: string): SafeLink | null {
  // A browser drops these from a URL, so `java\nscript:` would be a scheme of its own.
  const text = href.replace(/\p{Cc}|\s/gu, "");
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  if (!SCHEMES.has(url.protocol)) return null;
  // A name before the host makes it look like another one.
  url.username = "";
  url.password = "";
  return { href: url.href, place: url.protocol === "mailto:" ? url.pathname : url.host };
}
