import type { JobResult } from "@flock/jobs";
import type { ToldStory } from "../../stories/job-story.js";
import { storyMember } from "../../stories/story-member.js";

/** How an answer of text ended, and what it took. */
export type TextResult = Pick<JobResult, "doneReason" | "promptTokens" | "completionTokens">;

/** What the answer took, in tokens; thinking counts. */
export function usageOf({ promptTokens, completionTokens }: TextResult): string {
  return (
    `{"prompt_tokens":${promptTokens},"completion_tokens":${completionTokens},` +
    `"total_tokens":${promptTokens + completionTokens}}`
  );
}

/** JSON of the member that tells the job's story, with a comma before it. Not OpenAI's; its clients pass over it. */
export function flockMember(story: ToldStory | undefined): string {
  return story === undefined ? "" : `,"flock":${JSON.stringify(storyMember(story))}`;
}
