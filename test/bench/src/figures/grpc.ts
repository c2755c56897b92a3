import type { Bench, Figure } from "../figure.js";
import { atLeast, atMost, type Measurement, measured } from "../measurement.js";
import { median } from "../statistics.js";
import { chatVariants } from "./chat-variants.js";

const TOKENS = 8;
const CLIENTS = 32;

/** The same job over gRPC and over HTTP (Ollama's chat), in turn: one client for the times, many for the rate. */
export const grpc: Figure = {
  name: "grpc",
  title: `gRPC beside HTTP, 1 and ${CLIENTS} clients, ${TOKENS} tokens, load-generator worker`,
  unit: "request",
  async measure(bench: Bench) {
    await bench.mesh.loadGenerator();
    return [...(await compare(bench, false, "not streamed")), ...(await compare(bench, true, "streamed"))];
  },
};

async function compare(bench: Bench, stream: boolean, how: string): Promise<Measurement[]> {
  const instructions = { tokens: TOKENS, tokensPerSecond: 0, textBytes: 4 };
  const { ollama, grpc: overGrpc } = chatVariants(bench.mesh, instructions, stream);
  const ask = (clients: number, turns: number, asks: number) =>
    bench.client.run({
      kind: "turns",
      variants: [ollama, overGrpc],
      clients,
      turns,
      asks,
      tokens: TOKENS,
      timeoutMs: 120_000,
    });
  await ask(CLIENTS, bench.isQuick ? 2 : 10, 5);
  const http: number[] = [];
  const times: number[] = [];
  const rates: number[] = [];
  for (let round = 0; round < bench.rounds; round++) {
    const [one, many] = await bench.observed(
      async () =>
        [
          await ask(1, bench.isQuick ? 100 : 600, 1),
          await ask(CLIENTS, bench.isQuick ? 4 : 20, bench.isQuick ? 5 : 10),
        ] as const,
      (outcomes) =>
        outcomes.flatMap(({ variants }) => variants).reduce((sum, { totalMs }) => sum + totalMs.length, 0),
    );
    const [httpMs = 0, grpcMs = 0] = one.variants.map(({ totalMs }) => median(totalMs));
    const [httpRate = 0, grpcRate = 0] = many.variants.map(({ perSecond }) => perSecond);
    http.push(httpMs);
    times.push(grpcMs / httpMs);
    rates.push(grpcRate / httpRate);
  }
  return [
    measured(`HTTP, ${how}, p50`, "ms", http),
    measured(`gRPC, ${how}, p50 of HTTP's`, "", times, atMost(1)),
    measured(`gRPC, ${how}, requests/s of HTTP's`, "", rates, atLeast(1)),
  ];
}
