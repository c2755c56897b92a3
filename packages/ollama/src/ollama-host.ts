import { isIP } from "node:net";
import { FlockError } from "@flock/errors";

/** Where an Ollama listens unless it is told otherwise. */
const DEFAULT_HOST = "127.0.0.1";
const DEFAULT_PORT = 11_434;
/** A scheme that is written out brings its own port. */
const PORT_OF_SCHEME: ReadonlyMap<string, number> = new Map([
  ["http", 80],
  ["https", 443],
]);
/** Addresses that a server listens on, all of the machine's: a client finds it at any of them. */
const UNSPECIFIED = new Set(["", "0.0.0.0", "::"]);

/**
 * The URL, without a slash at its end, that `OLLAMA_HOST` names for a client, by the rules of Ollama itself
 * (`envconfig.Host`), so that one value means the same to both:
 *
 * - blanks, and quotes that a shell left, do not count; nothing is `127.0.0.1:11434`
 * - `host`, `host:port`, `:port`, `1.2.3.4`, `[::1]:port`, `::1`; the port is 11434 if there is none
 * - `http://host` is port 80 and `https://host` port 443; a path behind it is kept
 * - a port that is none is as good as no port
 * - `ollama.com` is the service, by https
 *
 * An address that a server listens on (`0.0.0.0`, `[::]`, none) is taken for this machine.
 * @throws FlockError `invalid_argument` for another scheme than http and https, and for what is no host.
 */
export function ollamaUrl(value: string): string {
  const trimmed = value
    .trim()
    .replace(/^["']+|["']+$/g, "")
    .trim();
  const [, scheme, rest] = /^(.*?):\/\/(.*)$/s.exec(trimmed) ?? [undefined, undefined, trimmed];
  if (scheme === undefined && trimmed === "ollama.com") return "https://ollama.com";
  const portOfScheme = scheme === undefined ? DEFAULT_PORT : PORT_OF_SCHEME.get(scheme);
  if (portOfScheme === undefined || rest === undefined) {
    throw new FlockError("invalid_argument", `an Ollama is reached by http or https, not by ${scheme}`);
  }
  const [authority = "", ...path] = rest.split("/");
  const { host, port } = hostAndPort(authority);
  const text = `${scheme ?? "http"}://${bracketed(host)}:${port ?? portOfScheme}/${path.join("/")}`;
  // Ollama would take what stands before a colon for the host, and a password for its port.
  if (authority.includes("@") || !URL.canParse(text)) throw noHost();
  return new URL(text).href.replace(/\/+$/, "");
}

/** Port: absent where none is given, or none that could be one. */
function hostAndPort(authority: string): { host: string; port?: number } {
  const bare = authority.replace(/^\[(.*)\]$/, "$1");
  // An address of IPv6 has colons, but no port, unless it stands in brackets.
  if (isIP(bare) !== 0) return { host: reachable(bare) };
  const [, host, port] = /^(.*):([^:]*)$/s.exec(authority) ?? [undefined, authority, undefined];
  const named = reachable((host ?? "").replace(/^\[(.*)\]$/, "$1"));
  const isPort = port !== undefined && /^\+?\d{1,9}$/.test(port) && Number(port) <= 65_535;
  return isPort ? { host: named, port: Number(port) } : { host: named };
}

function reachable(host: string): string {
  return UNSPECIFIED.has(host) ? DEFAULT_HOST : host;
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function noHost(): FlockError {
  return new FlockError(
    "invalid_argument",
    "it names no host: write it like host, host:port or http://host:port",
  );
}
