import type { ToldStory } from "../stories/job-story.js";

/** All that there can be: pages of other origins may read them. */
export const STORY_HEADERS: readonly string[] = [
  "x-flock-job-id",
  "x-flock-trace-id",
  "x-flock-worker",
  "x-flock-privacy",
  "x-flock-resumes",
  "x-flock-charge-micro",
  "server-timing",
];

/** What is known of a job as its answer leaves. Of a stream that is its beginning: docs/api.md explains each. */
export function storyHeaders(story: ToldStory): Record<string, string> {
  const { worker, privacy, chargeMicro } = story;
  return {
    "x-flock-job-id": story.jobId,
    "x-flock-trace-id": story.traceId,
    ...(worker === undefined ? {} : { "x-flock-worker": worker }),
    ...(privacy === undefined ? {} : { "x-flock-privacy": privacy }),
    "x-flock-resumes": String(story.resumes),
    ...(chargeMicro === undefined ? {} : { "x-flock-charge-micro": String(chargeMicro) }),
    "server-timing": serverTiming(story),
  };
}

/** As W3C's Server Timing says; of an answer that goes on only the stages that are over. */
function serverTiming({ timings, isEnded }: ToldStory): string {
  const { queueMs, claimMs, prefillMs, decodeMs, totalMs } = timings;
  const begun = `queue;dur=${queueMs}, claim;dur=${claimMs}, prefill;dur=${prefillMs}`;
  return isEnded ? `${begun}, decode;dur=${decodeMs}, total;dur=${totalMs}` : begun;
}
