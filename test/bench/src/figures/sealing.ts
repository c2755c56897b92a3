import type { Bench, Figure } from "../figure.js";
import type { Variant } from "../load-client/plan.js";
import {
  LOAD_GENERATOR_MODEL,
  type LoadInstructions,
  loadRequest,
  PLAIN_LOAD_GENERATOR_MODEL,
} from "../load-generator/load-instructions.js";
import { atLeast, atMost, type Measurement, measured } from "../measurement.js";
import { median } from "../statistics.js";

const STREAMS = 200;
const TOKENS = 2_500;
/** As in the figure `relay`. */
const PACED_CHUNKS_PER_SECOND = 130_000;
/** Plain first, then sealed. */
const MODELS = [PLAIN_LOAD_GENERATOR_MODEL, LOAD_GENERATOR_MODEL] as const;

/**
 * What it costs to seal prompts and answers: the same asked of a worker that takes plain text and of one that takes
 * sealed prompts, in turn.
 */
export const sealing: Figure = {
  name: "sealing",
  title: "sealed beside plain text, load-generator worker",
  unit: "chunk",
  async measure(bench: Bench) {
    await bench.mesh.loadGenerator();
    return [
      ...(await firstBytes(bench)),
      ...(await relayed(bench, "paced", PACED_CHUNKS_PER_SECOND / STREAMS)),
      ...(await relayed(bench, "flat out", 0)),
    ];
  },
};

/** One client, streamed answers; a sample is the difference of the two answers of a turn. */
async function firstBytes(bench: Bench): Promise<Measurement[]> {
  const instructions = { tokens: 8, tokensPerSecond: 0, textBytes: 4 };
  const variants = MODELS.map(
    (model): Variant => ({
      protocol: "http",
      origin: bench.mesh.api.origin,
      path: "/api/generate",
      body: loadRequest(instructions, true, model),
      headers: bench.mesh.credential,
      answer: "ollama",
    }),
  );
  const rest = { variants, clients: 1, asks: 1, tokens: instructions.tokens, timeoutMs: 120_000 };
  const ask = (turns: number) => bench.client.run({ kind: "turns", turns, ...rest });
  await ask(bench.isQuick ? 200 : 1_000);
  const base: number[] = [];
  const added: number[] = [];
  for (let round = 0; round < bench.rounds; round++) {
    const outcome = await ask(bench.isQuick ? 300 : 1_000);
    const [plain = [], sealed = []] = outcome.variants.map(({ firstByteMs }) => firstByteMs);
    base.push(median(plain));
    added.push(median(sealed.map((time, turn) => time - (plain[turn] ?? 0))));
  }
  return [
    measured("first byte, plain, p50", "ms", base),
    measured("first byte, sealed: added, p50", "ms", added, atMost(0.5)),
  ];
}

/** Many streams; rounds of both in alternating order. */
async function relayed(bench: Bench, how: string, tokensPerSecond: number): Promise<Measurement[]> {
  const tokens = bench.isQuick ? TOKENS / 5 : TOKENS;
  const [plain, sealed] = MODELS.map((model) => async () => {
    const outcome = await ask(bench, model, { tokens, tokensPerSecond, textBytes: 4 });
    return (1_000 * outcome.chunks) / outcome.durationMs;
  });
  if (plain === undefined || sealed === undefined) throw new Error("both are asked");
  await plain();
  await sealed();
  const plainRates: number[] = [];
  const shares: number[] = [];
  for (let round = 0; round < bench.rounds; round++) {
    // What drifts is in neither: each round asks one of them before and after the other.
    const isSealedFirst = round % 2 === 1;
    const [outer, inner] = isSealedFirst ? [sealed, plain] : [plain, sealed];
    const [before, between, after] = [await outer(), await inner(), await outer()];
    const around = (before + after) / 2;
    plainRates.push(isSealedFirst ? between : around);
    shares.push(isSealedFirst ? around / between : between / around);
  }
  return [
    measured(`chunks, ${how}, plain`, "1/s", plainRates),
    measured(`chunks, ${how}: sealed, of plain`, "", shares, atLeast(0.95)),
  ];
}

function ask(bench: Bench, model: string, instructions: LoadInstructions) {
  return bench.client.run({
    kind: "closed-loop",
    target: bench.mesh.api,
    clients: STREAMS,
    requests: STREAMS,
    bodies: [loadRequest(instructions, true, model)],
    expected: { stream: true, tokens: instructions.tokens, linePerToken: true },
    timeoutMs: 120_000,
  });
}
