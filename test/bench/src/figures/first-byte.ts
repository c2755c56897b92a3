import type { Bench, Figure } from "../figure.js";
import { measured } from "../measurement.js";
import { summarize } from "../statistics.js";
import { engineRequest, PROMPTS } from "./prompts.js";

const COMPLETION_TOKENS = 8;

/**
 * What the mesh adds to the time to the first byte of a streamed answer, for one client: each request is made twice in
 * a row, to the engine and through the mesh, in alternating order; the difference of the two is one sample.
 */
export const firstByte: Figure = {
  name: "first-byte",
  title: "added time to first byte, streaming, one client",
  async measure(bench: Bench) {
    const rounds: { p50: number; p99: number; direct: number; mesh: number }[] = [];
    for (let round = 0; round < bench.rounds; round++) {
      const { firstByteMs } = await bench.observed(() =>
        bench.client.run({
          kind: "alternating",
          targets: [bench.mesh.engine, bench.mesh.api],
          pairs: bench.isQuick ? 40 : 150,
          bodies: PROMPTS.map((prompt) => engineRequest(bench.mesh.model, prompt, COMPLETION_TOKENS)),
          expected: { stream: true, keepText: true },
          timeoutMs: 120_000,
        }),
      );
      const { p50, p99 } = summarize(firstByteMs.map(([direct, mesh]) => mesh - direct));
      const direct = summarize(firstByteMs.map((pair) => pair[0])).p50;
      const mesh = summarize(firstByteMs.map((pair) => pair[1])).p50;
      rounds.push({ p50, p99, direct, mesh });
    }
    const of = (value: (round: (typeof rounds)[number]) => number) => rounds.map(value);
    return [
      measured(
        "added, p50",
        "ms",
        of((round) => round.p50),
        { comparison: "at most", value: 2.5 },
      ),
      measured(
        "added, p99",
        "ms",
        of((round) => round.p99),
        { comparison: "at most", value: 15 },
      ),
      measured(
        "direct to the engine, p50",
        "ms",
        of((round) => round.direct),
      ),
      measured(
        "through the mesh, p50",
        "ms",
        of((round) => round.mesh),
      ),
    ];
  },
};
