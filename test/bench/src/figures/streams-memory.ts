import type { Bench, Figure } from "../figure.js";
import { loadRequest } from "../load-generator/load-instructions.js";
import { atMost, measured } from "../measurement.js";
import { peakResidentBytes } from "../process-usage.js";

const STREAMS = 1_000;
const TOKENS_PER_SECOND = 10;
/** Long enough that the last stream has begun well before the first one ends. */
const TOKENS = 150;
const RAMP_MS = 3_000;

/**
 * Memory of an api process that holds a thousand streams open at once: the most that was ever resident, in a fresh
 * process.
 */
export const streamsMemory: Figure = {
  name: "streams-memory",
  title: `${STREAMS} concurrent streams of ${TOKENS_PER_SECOND} tokens/s, load-generator worker`,
  unit: "chunk",
  async measure(bench: Bench) {
    await bench.mesh.loadGenerator();
    const megabytes: number[] = [];
    for (let round = 0; round < (bench.isQuick ? 1 : bench.rounds); round++) {
      const apiPid = await bench.mesh.freshApi();
      const outcome = await bench.observed(
        () => holdOpen(bench),
        ({ chunks }) => chunks,
      );
      if (outcome.openMax < STREAMS)
        throw new Error(`only ${outcome.openMax} streams were open at the same time`);
      const bytes = peakResidentBytes(apiPid);
      if (bytes === undefined) throw new Error("this system does not tell how much memory a process has had");
      megabytes.push(bytes / 1e6);
    }
    return [measured("peak memory of the api process", "MB", megabytes, atMost(300))];
  },
};

function holdOpen(bench: Bench) {
  return bench.client.run({
    kind: "closed-loop",
    target: bench.mesh.api,
    clients: STREAMS,
    requests: STREAMS,
    bodies: [loadRequest({ tokens: TOKENS, tokensPerSecond: TOKENS_PER_SECOND, textBytes: 4 }, true)],
    expected: { stream: true, tokens: TOKENS, linePerToken: true },
    rampMs: RAMP_MS,
    timeoutMs: 120_000,
  });
}
