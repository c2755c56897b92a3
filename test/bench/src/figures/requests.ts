import type { Bench, Figure } from "../figure.js";
import { loadRequest } from "../load-generator/load-instructions.js";
import { atLeast, measured } from "../measurement.js";
import { summarize } from "../statistics.js";

const CLIENTS = 64;
const TOKENS = 8;

/** Non-streamed requests per second of one api process, each held, routed, run, signed and settled like any other. */
export const requests: Figure = {
  name: "requests",
  title: `non-streamed requests, ${CLIENTS} clients, ${TOKENS} tokens each, load-generator worker`,
  unit: "request",
  async measure(bench: Bench) {
    await bench.mesh.loadGenerator();
    const ask = (count: number) =>
      bench.client.run({
        kind: "closed-loop",
        target: bench.mesh.api,
        clients: CLIENTS,
        requests: count,
        bodies: [loadRequest({ tokens: TOKENS, tokensPerSecond: 0, textBytes: 4 }, false)],
        expected: { stream: false, tokens: TOKENS },
        timeoutMs: 120_000,
      });
    await ask(1_000);
    const rates: number[] = [];
    const latencies: number[] = [];
    for (let round = 0; round < bench.rounds; round++) {
      const outcome = await bench.observed(
        () => ask(bench.isQuick ? 2_000 : 5_000),
        (one) => one.requests,
      );
      rates.push((1_000 * outcome.requests) / outcome.durationMs);
      latencies.push(summarize(outcome.totalMs).p99);
    }
    return [
      measured("requests of one api process", "1/s", rates, atLeast(1_000)),
      measured("time to the answer, p99", "ms", latencies),
    ];
  },
};
