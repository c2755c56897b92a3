import pino, { type DestinationStream, type Logger } from "pino";
import type { LogLevel } from "./log-level.js";

export type { Logger };

/** What no log of this process may show, longest first, each as it looks within JSON. */
let hidden: readonly string[] = [];
/** Shorter ones are in too many words, and protect nothing. */
const HIDDEN_LENGTH_MIN = 5;

/**
 * Has every logger of this process, also those that there are already, write `[redacted]` in the place of a secret,
 * wherever it stands in a line: in a URL within an error of somebody else's library, too.
 */
export function keepOutOfLogs(secret: string): void {
  if (secret.length < HIDDEN_LENGTH_MIN) return;
  const inJson = JSON.stringify(secret).slice(1, -1);
  hidden = [...new Set([...hidden, inJson])].sort((a, b) => b.length - a.length);
}

function redact(line: string): string {
  let shown = line;
  for (const secret of hidden) if (shown.includes(secret)) shown = shown.replaceAll(secret, "[redacted]");
  return shown;
}

/**
 * A JSON logger for one service. Log an object of ids first, then a constant message; never prompts, outputs or keys.
 * As a second line of defence the usual carriers of secrets are redacted wherever they appear as a top-level or nested
 * field, and so is everything that is {@link keepOutOfLogs kept out of logs}.
 */
export function createLogger(
  service: string,
  level: LogLevel = "info",
  destination?: DestinationStream,
): Logger {
  const options = {
    level,
    base: { service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    hooks: { streamWrite: redact },
    redact: {
      paths: [
        "authorization",
        "apiKey",
        "prompt",
        "messages",
        "*.authorization",
        "*.apiKey",
        "*.prompt",
        "*.messages",
      ],
      censor: "[redacted]",
    },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/**
 * A URL or path without secrets, which must be applied before any is logged: `/k/<key>/` becomes `/k/[redacted]/`, and
 * what looks like a key or a session wherever else it stands, too.
 */
export function redactKeyPath(url: string): string {
  return url.replace(/\/k\/[^/?#]+/g, "/k/[redacted]").replace(/fl[ks]_[^/?#]*/g, "[redacted]");
}
