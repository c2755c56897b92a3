/*
 * Which pages may call the api from a browser. An origin is what a browser says of the page that asks: scheme, host,
 * port. `null` is what it says of a page opened as a file, but also of any website's sandboxed frame: whoever allows it
 * allows everybody, so it is in no list unless it is asked for.
 */

/** Stands for {@link LOCAL_ORIGINS} in a list. */
const LOCAL = "local";

/** Pages of this machine, at any port, and the apps whose pages a real Ollama lets in. */
const LOCAL_ORIGINS: readonly string[] = [
  ...["localhost", "127.0.0.1", "0.0.0.0", "[::1]"].flatMap((host) => [
    `http://${host}:*`,
    `https://${host}:*`,
  ]),
  ...["app", "file", "tauri", "vscode-webview", "vscode-file"].map((scheme) => `${scheme}://*`),
];

/** `https://app.example`, with any port `http://localhost:*`, with any name before it `https://*.example.com`. */
const WEB_PATTERN = /^(https?):\/\/((?:\*\.)?(?:[a-z0-9._-]+|\[[0-9a-f:.]+\]))(:(?:\d{1,5}|\*))?$/i;
/** `app://*`: every page of a scheme that is not the web's; or one of them. */
const APP_PATTERN = /^([a-z][a-z0-9+.-]*):\/\/(\*|[a-z0-9._-]*)$/i;
const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: ":80", https: ":443" };

/** Whether this can stand in a list of origins: `*`, `local`, `null`, an origin, or a pattern of origins. */
export function isOriginPattern(text: string): boolean {
  return ["*", LOCAL, "null"].includes(text) || expressionOf(text) !== undefined;
}

/** A function that tells whether a page of an origin may call. `*` is not looked at here: it lets all in. */
export function originMatcher(patterns: readonly string[]): (origin: string) => boolean {
  const all = patterns.flatMap((pattern) => (pattern === LOCAL ? LOCAL_ORIGINS : [pattern]));
  const expressions = all.map(expressionOf).filter((expression) => expression !== undefined);
  const isNullAllowed = all.includes("null");
  return (origin) => {
    if (origin === "null") return isNullAllowed;
    return expressions.some((expression) => expression.test(origin));
  };
}

/** Of a browser's origin: lower case, and without the port that the scheme has anyway. */
function expressionOf(pattern: string): RegExp | undefined {
  const [, scheme, host, port = ""] = WEB_PATTERN.exec(pattern.toLowerCase()) ?? [];
  if (scheme !== undefined && host !== undefined) {
    const name = host.startsWith("*.") ? `[a-z0-9._-]+${escaped(host.slice(1))}` : escaped(host);
    const ending = port === ":*" ? "(:\\d{1,5})?" : port === DEFAULT_PORTS[scheme] ? "" : port;
    return new RegExp(`^${scheme}://${name}${ending}$`);
  }
  const [, appScheme, page] = APP_PATTERN.exec(pattern.toLowerCase()) ?? [];
  if (appScheme === undefined || page === undefined || appScheme in DEFAULT_PORTS) return undefined;
  return new RegExp(`^${escaped(appScheme)}://${page === "*" ? "[^/]*" : escaped(page)}$`);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
