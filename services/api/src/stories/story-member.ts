import type { StoryTimings } from "./job-record.js";
import type { ToldStory } from "./job-story.js";

/** What the last line or event of a stream has as `flock`. */
export interface StoryMember {
  readonly job_id: string;
  readonly trace_id: string;
  readonly workers: readonly string[];
  readonly privacy: string | null;
  readonly resumes: number;
  /** A string, as amounts are; null: not certain yet. */
  readonly charge_micro: string | null;
  readonly timing_ms: TimingMember;
}

export interface TimingMember {
  readonly queue: number;
  readonly claim: number;
  readonly prefill: number;
  readonly decode: number;
  readonly total: number;
}

/**
 * What the last object of a stream has for its story: its head leaves before most of it is known. No dialect knows this
 * member; their clients pass over it.
 */
export function flockMembers(story: ToldStory | undefined): { readonly flock?: StoryMember } {
  return story === undefined ? {} : { flock: storyMember(story) };
}

/** The same as JSON behind other members. */
export function flockMember(story: ToldStory | undefined): string {
  return story === undefined ? "" : `,"flock":${JSON.stringify(storyMember(story))}`;
}

function storyMember(story: ToldStory): StoryMember {
  const { jobId, traceId, workers, privacy = null, resumes, chargeMicro, timings } = story;
  return {
    job_id: jobId,
    trace_id: traceId,
    workers,
    privacy,
    resumes,
    charge_micro: chargeMicro === undefined ? null : String(chargeMicro),
    timing_ms: timingMember(timings),
  };
}

export function timingMember(timings: StoryTimings): TimingMember {
  return {
    queue: timings.queueMs,
    claim: timings.claimMs,
    prefill: timings.prefillMs,
    decode: timings.decodeMs,
    total: timings.totalMs,
  };
}
