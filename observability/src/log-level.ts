/** From the most to the least that is logged; `silent`: nothing. */
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What other programs, which read the same variable, call these levels. */
const OTHER_NAMES = new Map<string, LogLevel>(
  Object.entries({
    verbose: "debug",
    information: "info",
    notice: "info",
    warning: "warn",
    err: "error",
    critical: "fatal",
    off: "silent",
    none: "silent",
    quiet: "silent",
  } as const),
);

/** The level that a text names, in upper or lower case, also by a usual other name (`WARNING`); undefined: none. */
export function logLevelOf(text: string): LogLevel | undefined {
  const name = text.trim().toLowerCase();
  return LOG_LEVELS.find((level) => level === name) ?? OTHER_NAMES.get(name);
}

/** For schemas: the level that a text names, and whatever names none as it is, so that the schema can refuse it. */
export function toLogLevel(value: unknown): unknown {
  return typeof value === "string" ? (logLevelOf(value) ?? value) : value;
}
