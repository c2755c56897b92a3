import pino, { type DestinationStream, type Logger } from "pino";
import type { LogLevel } from "./log-level.js";

export type { Logger };

/**
 * A JSON logger for one service. Log an object of ids first, then a constant message; never prompts, outputs or keys.
 * As a second line of defence the usual carriers of secrets are redacted wherever they appear as a top-level or nested
 * field.
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
