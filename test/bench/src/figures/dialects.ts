import type { Bench, Figure } from "../figure.js";
import type { VariantOutcome } from "../load-client/plan.js";
import { atMost, type Measurement, measured } from "../measurement.js";
import { median } from "../statistics.js";
import { chatVariants } from "./chat-variants.js";

const TOKENS = 8;
const DIALECTS = ["openai", "responses", "anthropic"] as const;

/** What the translation of a dialect adds to the same job asked for in Ollama's: one client, all of them in turn. */
export const dialects: Figure = {
  name: "dialects",
  title: `other dialects beside Ollama's, one client, ${TOKENS} tokens, load-generator worker`,
  unit: "request",
  async measure(bench: Bench) {
    await bench.mesh.loadGenerator();
    return [
      ...(await measureStreaming(bench, false, "answer", ({ totalMs }) => totalMs)),
      ...(await measureStreaming(bench, true, "first byte", ({ firstByteMs }) => firstByteMs)),
    ];
  },
};

async function measureStreaming(
  bench: Bench,
  stream: boolean,
  what: string,
  timesOf: (outcome: VariantOutcome) => readonly number[],
): Promise<Measurement[]> {
  const instructions = { tokens: TOKENS, tokensPerSecond: 0, textBytes: 4 };
  const variants = chatVariants(bench.mesh, instructions, stream);
  const order = ["ollama", ...DIALECTS] as const;
  const ask = (turns: number) =>
    bench.client.run({
      kind: "turns",
      variants: order.map((name) => variants[name]),
      clients: 1,
      turns,
      asks: 1,
      tokens: TOKENS,
      timeoutMs: 120_000,
    });
  await ask(bench.isQuick ? 100 : 500);
  const base: number[] = [];
  const added = DIALECTS.map(() => [] as number[]);
  for (let round = 0; round < bench.rounds; round++) {
    const outcome = await bench.observed(
      () => ask(bench.isQuick ? 200 : 600),
      (one) => one.variants.reduce((sum, { totalMs }) => sum + totalMs.length, 0),
    );
    const [ollama = [], ...others] = outcome.variants.map(timesOf);
    base.push(median(ollama));
    // Of the two answers of a turn: what drifts from turn to turn is in neither figure.
    for (const [index, times] of others.entries())
      added[index]?.push(median(times.map((time, turn) => time - (ollama[turn] ?? 0))));
  }
  return [
    measured(`Ollama's, ${what}, p50`, "ms", base),
    ...DIALECTS.flatMap((name, index) => {
      const rounds = added[index] ?? [];
      const ratios = rounds.map((more, round) => 1 + more / (base[round] ?? 1));
      return [
        measured(`${name}, ${what}: added, p50`, "ms", rounds, atMost(0.3)),
        measured(`${name}, ${what}: of Ollama's`, "", ratios),
      ];
    }),
  ];
}
