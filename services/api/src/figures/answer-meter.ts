import type { JobSink } from "@flock/jobs";
import type { ModelPulse } from "@flock/proto/figures";
import type { JobSubmitter } from "../inference/inference.js";

/** Counts what this process gives to clients, by model. */
export class AnswerMeter {
  #models = new Map<string, { tokens: number; streams: number; jobs: number }>();
  #round = 0;

  /** The same requester; what its jobs deliver is counted. */
  over(requester: JobSubmitter): JobSubmitter {
    return { submit: (spec, sink) => requester.submit(spec, this.#counting(spec.model, sink)) };
  }

  /** What was given since it was taken last. */
  take(): ModelPulse[] {
    const pulses = [...this.#models].map(([model, counts]) => ({ model, ...counts }));
    this.#models = new Map();
    this.#round += 1;
    return pulses;
  }

  #counting(model: string, sink: JobSink): JobSink {
    let round = -1;
    return {
      onChunk: (chunk) => {
        const counts = this.#of(model);
        counts.tokens += chunk.tokens;
        if (round !== this.#round) counts.streams += 1;
        round = this.#round;
        sink.onChunk(chunk);
      },
      onEnd: (result) => {
        if (result.outcome === "completed") this.#of(model).jobs += 1;
        sink.onEnd(result);
      },
      onClosed: (result) => sink.onClosed?.(result),
    };
  }

  #of(model: string) {
    let counts = this.#models.get(model);
    if (counts === undefined) {
      counts = { tokens: 0, streams: 0, jobs: 0 };
      this.#models.set(model, counts);
    }
    return counts;
  }
}
