import type { Bench, Figure } from "../figure.js";
import type { ClosedLoopOutcome, Target } from "../load-client/plan.js";
import { atLeast, measured } from "../measurement.js";
import { engineRequest, PROMPTS, STORY_TOKENS } from "./prompts.js";

const CLIENTS = 8;

/** Tokens per second of the engine itself and of the mesh around it, eight clients at once, in alternating order. */
export const throughput: Figure = {
  name: "throughput",
  title: `completion throughput, ${CLIENTS} clients`,
  unit: "token",
  async measure(bench: Bench) {
    const direct: number[] = [];
    const mesh: number[] = [];
    for (let round = 0; round < bench.rounds; round++) {
      const outcomes = await askBoth(bench, round % 2 === 0);
      direct.push(tokensPerSecond(outcomes.direct));
      mesh.push(tokensPerSecond(outcomes.mesh));
    }
    const shares = mesh.map((rate, round) => (100 * rate) / (direct[round] ?? Number.NaN));
    return [
      measured("mesh, of direct", "%", shares, atLeast(90)),
      measured("direct to the engine", "tokens/s", direct),
      measured("through the mesh", "tokens/s", mesh),
    ];
  },
};

/** Rejects if the two do not say the same. */
async function askBoth(bench: Bench, directFirst: boolean) {
  const throughMesh = () =>
    bench.observed(
      () => ask(bench, bench.mesh.api),
      (outcome) => outcome.completionTokens,
    );
  const before = directFirst ? await ask(bench, bench.mesh.engine) : undefined;
  const mesh = await throughMesh();
  const direct = before ?? (await ask(bench, bench.mesh.engine));
  const different = mesh.texts.filter((text, request) => text !== direct.texts[request]).length;
  if (different > 0) throw new Error(`${different} of ${mesh.requests} answers are not what the engine says`);
  return { direct, mesh };
}

function ask(bench: Bench, target: Target): Promise<ClosedLoopOutcome> {
  return bench.client.run({
    kind: "closed-loop",
    target,
    clients: CLIENTS,
    requests: bench.isQuick ? 16 : 48,
    bodies: PROMPTS.map((prompt) => engineRequest(bench.mesh.model, prompt, STORY_TOKENS)),
    expected: { stream: true, tokens: STORY_TOKENS, keepText: true },
    timeoutMs: 120_000,
  });
}

function tokensPerSecond({ completionTokens, durationMs }: ClosedLoopOutcome): number {
  return (1_000 * completionTokens) / durationMs;
}
