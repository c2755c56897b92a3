import { FlockError } from "@flock/errors";
import { type RequesterUnderContract, requesterForApiContract, type Script } from "@flock/ports";
import { type FakeJob, FakeRequester } from "./fake-requester.js";

function answer(job: FakeJob, { pieces, end }: Script): void {
  for (const text of pieces) job.chunk(text);
  if (end === "hang") return;
  if (end === "stop" || end === "length") return job.end({ doneReason: end });
  if ("refusal" in end) return job.fail(new FlockError("invalid_argument", end.refusal));
  job.chunk("", { tokens: 0 });
  job.end({ embeddingsJson: Buffer.from(end.embeddings) });
}

async function start(): Promise<RequesterUnderContract> {
  const requester = new FakeRequester();
  return {
    requester,
    model: { name: "flock-tiny:latest", digest: "a".repeat(64) },
    answerWith: (script) => {
      requester.onJob = (job) => answer(job, script);
    },
    stop: async () => {},
  };
}

requesterForApiContract("its fake", start);
