import type { Bench, Figure } from "../figure.js";
import type { ClosedLoopOutcome, Target } from "../load-client/plan.js";
import { measured } from "../measurement.js";
import { engineRequest, PROMPTS } from "./prompts.js";

const CLIENTS = 8;
const COMPLETION_TOKENS = 128;

/** Tokens per second of the engine itself and of the mesh around it, eight clients at once, in alternating order. */
export const throughput: Figure = {
  name: "throughput",
  title: `completion throughput, ${CLIENTS} clients`,
  async measure(bench: Bench) {
    const direct: number[] = [];
    const mesh: number[] = [];
    const askEngine = async () => direct.push(tokensPerSecond(await ask(bench, bench.mesh.engine)));
    const askMesh = async () =>
      mesh.push(tokensPerSecond(await bench.observed(() => ask(bench, bench.mesh.api))));
    for (let round = 0; round < bench.rounds; round++) {
      const order = round % 2 === 0 ? [askEngine, askMesh] : [askMesh, askEngine];
      for (const turn of order) await turn();
    }
    const shares = mesh.map((rate, round) => (100 * rate) / (direct[round] ?? Number.NaN));
    return [
      measured("mesh, of direct", "%", shares, { comparison: "at least", value: 90 }),
      measured("direct to the engine", "tokens/s", direct),
      measured("through the mesh", "tokens/s", mesh),
    ];
  },
};

function ask(bench: Bench, target: Target): Promise<ClosedLoopOutcome> {
  return bench.client.run({
    kind: "closed-loop",
    target,
    clients: CLIENTS,
    requests: bench.isQuick ? 16 : 48,
    bodies: PROMPTS.map((prompt) => engineRequest(bench.mesh.model, prompt, COMPLETION_TOKENS)),
    expected: { stream: true },
    timeoutMs: 120_000,
  });
}

function tokensPerSecond({ completionTokens, durationMs }: ClosedLoopOutcome): number {
  return (1_000 * completionTokens) / durationMs;
}
