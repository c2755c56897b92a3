import { FlockError } from "@flock/errors";

/**
 * Why a service refused to start, if it said so: the sentence of its last words that is meant for a person (a database
 * of another version), to be shown in place of its log. Starting it again would not help.
 * @param lines of its log, JSON each
 */
export function startRefusal(lines: string): FlockError | undefined {
  for (const line of lines.split("\n").reverse()) {
    const { level, err } = parsed(line);
    if (level !== "fatal" || err?.code !== "failed_precondition") continue;
    return new FlockError("failed_precondition", String(err.message));
  }
  return undefined;
}

interface Words {
  readonly level?: unknown;
  readonly err?: { readonly code?: unknown; readonly message?: unknown };
}

function parsed(line: string): Words {
  try {
    const value: unknown = JSON.parse(line);
    // CAST: each field is compared with what it should be before it is used.
    return typeof value === "object" && value !== null ? (value as Words) : {};
  } catch {
    return {}; // Not all that is in a log is of ours, and the first line may be cut.
  }
}
