import { createLogger } from "@flock/observability";
import { eventually } from "@flock/provision/testing";
import { JobStories } from "../src/stories/job-stories.js";
import { WorkerAliases } from "../src/workers/worker-alias.js";
import type { FakeRequester } from "./fake-requester.js";

/** How the fake requester's worker is called by accounts in tests. */
export const ALIASES = new WorkerAliases(Buffer.alloc(32, 1));

/** Stories of jobs that nobody keeps. */
export function unkeptStories(): JobStories {
  return new JobStories({
    store: { write: async () => {}, find: async () => undefined, list: async () => [], sweep: async () => 0 },
    aliases: ALIASES,
    logger: createLogger("test", "silent"),
    metrics: { jobStories: () => {} },
    clock: { unixMs: () => Date.now() },
  });
}

/** Ends all jobs, and sees to it that each story that was begun is closed: one that is not stays in memory for ever. */
export async function endAll(requester: FakeRequester, stories: JobStories): Promise<void> {
  requester.giveUp();
  await eventually("all stories are closed", () => stories.open === 0);
}
