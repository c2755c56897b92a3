import type { ToldStory } from "../stories/job-story.js";
import { STORY_HEADERS, storyHeaders } from "./story-headers.js";

const WHOLE: ToldStory = {
  jobId: "12345678-1234-1234-1234-123456789abc",
  traceId: "0af7651916cd43dd8448eb211c80319c",
  worker: "w-bbbbbbbbbbbb",
  workers: ["w-aaaaaaaaaaaa", "w-bbbbbbbbbbbb"],
  privacy: "plaintext",
  resumes: 1,
  timings: { queueMs: 1.5, claimMs: 0.25, prefillMs: 30, decodeMs: 400.125, totalMs: 440 },
  isEnded: true,
  chargeMicro: 123_456_789_012_345_678n,
};
const IDS = { "x-flock-job-id": WHOLE.jobId, "x-flock-trace-id": WHOLE.traceId };

describe("the headers that tell a job's story", () => {
  it("have everything once the answer is over, and no more than pages may read", () => {
    const headers = storyHeaders(WHOLE);
    expect(headers).toEqual({
      ...IDS,
      "x-flock-worker": "w-bbbbbbbbbbbb",
      "x-flock-privacy": "plaintext",
      "x-flock-resumes": "1",
      "x-flock-charge-micro": "123456789012345678",
      "server-timing": "queue;dur=1.5, claim;dur=0.25, prefill;dur=30, decode;dur=400.125, total;dur=440",
    });
    expect(Object.keys(headers).sort()).toEqual([...STORY_HEADERS].sort());
  });

  it("have of an answer that goes on what is over by then", () => {
    expect(storyHeaders({ ...WHOLE, isEnded: false, chargeMicro: undefined })).toEqual({
      ...IDS,
      "x-flock-worker": "w-bbbbbbbbbbbb",
      "x-flock-privacy": "plaintext",
      "x-flock-resumes": "1",
      "server-timing": "queue;dur=1.5, claim;dur=0.25, prefill;dur=30",
    });
  });

  it("name no worker and no privacy of a job that came to none", () => {
    const nobody = { worker: undefined, workers: [], privacy: undefined, resumes: 0, chargeMicro: 0n };
    expect(Object.keys(storyHeaders({ ...WHOLE, ...nobody }))).toEqual([
      ...Object.keys(IDS),
      "x-flock-resumes",
      "x-flock-charge-micro",
      "server-timing",
    ]);
  });
});
