import type { JobResult } from "@flock/jobs";

/** How an answer of text ended, and what it took. */
export type TextResult = Pick<JobResult, "doneReason" | "promptTokens" | "completionTokens">;

/** What the answer took, in tokens; thinking counts. */
export function usageOf({ promptTokens, completionTokens }: TextResult): string {
  return (
    `{"prompt_tokens":${promptTokens},"completion_tokens":${completionTokens},` +
    `"total_tokens":${promptTokens + completionTokens}}`
  );
}
