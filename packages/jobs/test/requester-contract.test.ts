import { once } from "node:events";
import { FlockError } from "@flock/errors";
import { type RequesterUnderContract, requesterForApiContract, type Script } from "@flock/ports";
import type { JobRunner } from "../src/index.js";
import { DIGEST, MODEL } from "./fake-router.js";
import { startRequester, startWorker } from "./protocol-rig.js";

const COUNTS = { promptTokens: 3, loadDurationNs: 1, promptEvalDurationNs: 2, evalDurationNs: 3 };

/** A fake engine that does with each job what the script says when the job comes. */
function engineOf(script: () => Script): JobRunner {
  return {
    run: async (_job, emit, signal) => {
      const { pieces, end } = script();
      for (const text of pieces) emit({ text, tokens: 1, promptTokens: 3 });
      const counts = { ...COUNTS, completionTokens: pieces.length };
      if (end === "hang") {
        await once(signal, "abort");
        signal.throwIfAborted();
      }
      if (end === "stop" || end === "length") return { doneReason: end, ...counts };
      if (typeof end === "object" && "embeddings" in end) {
        emit({ tokens: 0, promptTokens: 3, embeddingsJson: Buffer.from(end.embeddings) });
        return { doneReason: "stop", ...counts };
      }
      throw new FlockError("invalid_argument", typeof end === "object" ? end.refusal : "");
    },
  };
}

/** The real requester and a real worker, on NATS, with a fake router between them: what they own ends with the test. */
async function start(): Promise<RequesterUnderContract> {
  let script: Script = { pieces: [], end: "stop" };
  await startWorker(engineOf(() => script));
  return {
    requester: await startRequester(),
    model: { name: MODEL, digest: DIGEST },
    answerWith: (next) => {
      script = next;
    },
    stop: async () => {},
  };
}

requesterForApiContract("the requester", start);
