import type { Bench, Figure } from "../figure.js";
import { HostileWorkers } from "../hostility/hostile-workers.js";
import { atMost, measured } from "../measurement.js";
import { type Summary, summarize } from "../statistics.js";
import { chatVariants } from "./chat-variants.js";

const TOKENS = 8;
const CLIENTS = 4;
/** Nobody minds a p99 below this, nor twice of it. */
const FLOOR_MS = 20;

/** What clients notice of a thousand workers that mean no good: answers of honest ones without them and beside them. */
export const hostileWorkers: Figure = {
  name: "hostile-workers",
  title: `answers beside 1 000 hostile workers, ${CLIENTS} clients, ${TOKENS} tokens, load-generator worker`,
  unit: "request",
  async measure(bench: Bench) {
    await bench.mesh.loadGenerator();
    const ask = async (turns: number): Promise<Summary> => {
      const shape = { tokens: TOKENS, tokensPerSecond: 0, textBytes: 4 };
      const { ollama } = chatVariants(bench.mesh, shape, false);
      const plan = { variants: [ollama], clients: CLIENTS, turns, asks: 10, tokens: TOKENS };
      const outcome = await bench.client.run({ kind: "turns", ...plan, timeoutMs: 300_000 });
      return summarize(outcome.variants[0]?.totalMs ?? []);
    };
    const turns = bench.isQuick ? 15 : 50;
    await ask(turns);
    const quiet: Summary[] = [];
    const besides: Summary[] = [];
    for (let round = 0; round < bench.rounds; round++) {
      quiet.push(await ask(turns));
      const attackers = await HostileWorkers.start(bench.mesh);
      try {
        besides.push(
          await bench.observed(
            () => ask(turns),
            () => turns * CLIENTS * 10,
          ),
        );
      } finally {
        await attackers.stop();
      }
    }
    const ratios = besides.map(
      ({ p99 }, round) => Math.max(p99, FLOOR_MS) / Math.max(quiet[round]?.p99 ?? 0, FLOOR_MS),
    );
    return [
      ...(["p50", "p99"] as const).flatMap((part) => [
        measured(
          `${part} without them`,
          "ms",
          quiet.map((each) => each[part]),
        ),
        measured(
          `${part} beside them`,
          "ms",
          besides.map((each) => each[part]),
        ),
      ]),
      measured(`p99, of that without (from ${FLOOR_MS} ms on)`, "", ratios, atMost(2)),
    ];
  },
};
