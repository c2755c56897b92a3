/** What every line has, and a person at a terminal need not read. */
const LEFT_OUT = new Set(["level", "time", "service", "pid", "msg", "hint"]);
/** What would command the terminal: parts of lines come from other machines. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\u0000-\u001f\u007f-\u009f]+/g;

/**
 * A line of the log, which is JSON, as a person reads it: the time, how bad it is, what, and the facts. What to do
 * about it stands below.
 */
export function readable(line: string): string {
  let entry: unknown;
  try {
    entry = JSON.parse(line);
  } catch {
    return line;
  }
  if (typeof entry !== "object" || entry === null) return line;
  const { level, time, msg, hint, ...facts } = entry as Readonly<Record<string, unknown>>;
  const at = typeof time === "string" ? new Date(time).toTimeString().slice(0, 8) : "";
  const severity = level === "info" ? "" : ` ${String(level).toUpperCase()}`;
  const told = Object.entries(facts)
    .filter(([name]) => !LEFT_OUT.has(name))
    .map(([name, value]) => `  ${name}=${shown(value)}`);
  const below = typeof hint === "string" ? `\n         ${hint.replace(CONTROL, " ")}` : "";
  const shownLine = `${at}${severity} ${String(msg)}${told.join("")}`;
  return `${shownLine.replace(CONTROL, " ")}${below}\n`;
}

function shown(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "object" && value !== null && "message" in value) return String(value.message);
  return JSON.stringify(value);
}
