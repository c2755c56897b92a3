import type { Bench, Figure } from "../figure.js";
import { loadRequest } from "../load-generator/load-instructions.js";
import { measured } from "../measurement.js";
import { peakResidentBytes } from "../process-usage.js";

const STREAMS = 1_000;
const TOKENS_PER_SECOND = 10;
const RAMP_MS = 3_000;

/** Memory of an api process that holds a thousand streams open at once: the most that was ever resident, in a fresh process. */
export const streamsMemory: Figure = {
  name: "streams-memory",
  title: `${STREAMS} concurrent streams of ${TOKENS_PER_SECOND} tokens/s, load-generator worker`,
  async measure(bench: Bench) {
    await bench.mesh.loadGenerator();
    const megabytes: number[] = [];
    for (let round = 0; round < (bench.isQuick ? 1 : 2); round++) {
      const apiPid = await bench.mesh.freshApi();
      const tokens = bench.isQuick ? 80 : 120;
      const outcome = await bench.observed(() =>
        bench.client.run({
          kind: "closed-loop",
          target: bench.mesh.api,
          clients: STREAMS,
          requests: STREAMS,
          bodies: [loadRequest({ tokens, tokensPerSecond: TOKENS_PER_SECOND, textBytes: 4 }, true)],
          expected: { stream: true, tokens },
          rampMs: RAMP_MS,
          timeoutMs: 120_000,
        }),
      );
      if (outcome.openMax < STREAMS)
        throw new Error(`only ${outcome.openMax} streams were open at the same time`);
      const bytes = peakResidentBytes(apiPid);
      if (bytes === undefined) throw new Error("this system does not tell how much memory a process has had");
      megabytes.push(bytes / 1e6);
    }
    return [
      measured("peak memory of the api process", "MB", megabytes, { comparison: "at most", value: 300 }),
    ];
  },
};
