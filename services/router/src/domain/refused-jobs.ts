import type { Clock } from "@flock/mesh";
import { LRUCache } from "lru-cache";
import type { Refusal } from "./admission.js";

/** Longer than a requester goes without renewing. */
const MEMORY_MS = 10_000;
const JOBS_MAX = 20_000;

/** Jobs that left the queue for good, until their requesters ask for them. */
export type RefusedJobs = LRUCache<string, Refusal>;

export function refusedJobs(clock: Clock): RefusedJobs {
  return new LRUCache({
    max: JOBS_MAX,
    ttl: MEMORY_MS,
    ttlResolution: 0,
    perf: { now: () => clock.nowMs() },
  });
}
