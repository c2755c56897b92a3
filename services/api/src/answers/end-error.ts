import { FlockError } from "@flock/errors";
import type { JobResult } from "@flock/jobs";

/** What to tell the client of a job that did not complete; undefined if it did. */
export function endError(result: JobResult): FlockError | undefined {
  switch (result.outcome) {
    case "completed":
      return undefined;
    case "cancelled":
      return new FlockError("cancelled", "the request was cancelled");
    case "failed":
      return result.error ?? new FlockError("internal", "a job failed without saying why");
  }
}
