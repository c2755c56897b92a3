import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A line of a service's log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** The log of one part (`api`, `worker-1`, …), over all its lives; lines that are not JSON are left out. */
export function readPartLog(dataDir: string, part: string): LogLine[] {
  let text: string;
  try {
    text = readFileSync(join(dataDir, "logs", `${part}.log`), "utf8");
  } catch {
    return []; // The part has not been started yet.
  }
  return text.split("\n").flatMap((line) => {
    try {
      const value: unknown = JSON.parse(line);
      // CAST: a JSON object has string keys.
      return typeof value === "object" && value !== null ? [value as LogLine] : [];
    } catch {
      return [];
    }
  });
}

/** Where the part serves `/metrics` and its control routes; undefined before it has said so. */
export function healthPortOf(dataDir: string, part: string): number | undefined {
  const ready = readPartLog(dataDir, part).findLast((line) => typeof line["healthPort"] === "number");
  return ready === undefined ? undefined : Number(ready["healthPort"]);
}
