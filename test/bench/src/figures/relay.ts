import type { Bench, Figure } from "../figure.js";
import type { ClosedLoopOutcome } from "../load-client/plan.js";
import { type LoadInstructions, loadRequest } from "../load-generator/load-instructions.js";
import { atLeast, measured } from "../measurement.js";

const STREAMS = 200;
const TOKENS = 2_500;
/** Asked of the worker in total: a little more than the goal, so that the mesh and not the asking is the limit. */
const PACED_CHUNKS_PER_SECOND = 130_000;

/**
 * Chunks (one token, one NDJSON line each) per second that one api process passes from a worker to its clients, over
 * many streams at once: paced evenly, as models generate, and as fast as the load-generator worker can.
 */
export const relay: Figure = {
  name: "relay",
  title: `relayed chunks, ${STREAMS} streams, load-generator worker`,
  unit: "chunk",
  async measure(bench: Bench) {
    await bench.mesh.loadGenerator();
    const tokensPerSecond = PACED_CHUNKS_PER_SECOND / STREAMS;
    await ask(bench, { tokens: 250, tokensPerSecond, textBytes: 4 });
    const paced: ClosedLoopOutcome[] = [];
    const unpaced: ClosedLoopOutcome[] = [];
    for (let round = 0; round < bench.rounds; round++) {
      const tokens = bench.isQuick ? TOKENS / 5 : TOKENS;
      paced.push(
        await bench.observed(
          () => ask(bench, { tokens, tokensPerSecond, textBytes: 4 }),
          (one) => one.chunks,
        ),
      );
      unpaced.push(await ask(bench, { tokens, tokensPerSecond: 0, textBytes: 4 }));
    }
    return [
      measured("chunks of one api process, paced", "1/s", paced.map(rate), atLeast(100_000)),
      measured("lines per read, paced", "", paced.map(linesPerRead)),
      measured("chunks, as fast as the worker can", "1/s", unpaced.map(rate)),
      measured("lines per read, as fast as it can", "", unpaced.map(linesPerRead)),
    ];
  },
};

function ask(bench: Bench, instructions: LoadInstructions): Promise<ClosedLoopOutcome> {
  return bench.client.run({
    kind: "closed-loop",
    target: bench.mesh.api,
    clients: STREAMS,
    requests: STREAMS,
    bodies: [loadRequest(instructions, true)],
    expected: { stream: true, tokens: instructions.tokens, linePerToken: true },
    timeoutMs: 120_000,
  });
}

function rate({ chunks, durationMs }: ClosedLoopOutcome): number {
  return (1_000 * chunks) / durationMs;
}

function linesPerRead({ chunks, reads }: ClosedLoopOutcome): number {
  return chunks / reads;
}
