import type { Bench, Figure } from "../figure.js";
import { HostileClients } from "../hostility/hostile-clients.js";
import { atMost, measured } from "../measurement.js";
import { summarize } from "../statistics.js";
import { chatVariants } from "./chat-variants.js";

const TOKENS = 8;
const CLIENTS = 4;
/** Nobody minds a p99 below this, nor twice of it. */
const FLOOR_MS = 20;

/** What others notice of hostile clients: p99 of answers in rounds without them and with them, in turn. */
export const hostile: Figure = {
  name: "hostile",
  title: `answers beside hostile clients, ${CLIENTS} clients, ${TOKENS} tokens, load-generator worker`,
  unit: "request",
  async measure(bench: Bench) {
    await bench.mesh.loadGenerator();
    const ask = async (turns: number): Promise<number> => {
      const { ollama } = chatVariants(
        bench.mesh,
        { tokens: TOKENS, tokensPerSecond: 0, textBytes: 4 },
        false,
      );
      const plan = { variants: [ollama], clients: CLIENTS, turns, asks: 10, tokens: TOKENS };
      const outcome = await bench.client.run({ kind: "turns", ...plan, timeoutMs: 120_000 });
      return summarize(outcome.variants[0]?.totalMs ?? []).p99;
    };
    const turns = bench.isQuick ? 15 : 50;
    await ask(turns);
    const quiet: number[] = [];
    const besides: number[] = [];
    for (let round = 0; round < bench.rounds; round++) {
      quiet.push(await ask(turns));
      const attackers = new HostileClients(bench.mesh);
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
    const ratios = besides.map((ms, round) => Math.max(ms, FLOOR_MS) / Math.max(quiet[round] ?? 0, FLOOR_MS));
    return [
      measured("p99 without them", "ms", quiet),
      measured("p99 beside them", "ms", besides),
      measured(`p99, of that without (from ${FLOOR_MS} ms on)`, "", ratios, atMost(2)),
    ];
  },
};
