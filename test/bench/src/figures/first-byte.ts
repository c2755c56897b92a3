import { setTimeout as sleep } from "node:timers/promises";
import type { Bench, Figure } from "../figure.js";
import { loadRequest } from "../load-generator/load-instructions.js";
import { atMost, each, measured } from "../measurement.js";
import { median, summarize } from "../statistics.js";
import { engineRequest, PROMPTS } from "./prompts.js";

const COMPLETION_TOKENS = 8;
/*
 * Made first: code that has run a few times only is slow, and no mesh in use is in that state. Most of them go to the
 * load-generator worker, which takes a hundredth of the engine's time.
 */
const LOAD_WARM_UP_REQUESTS = 3_000;
const ENGINE_WARM_UP_REQUESTS = 240;

/** As long as a part of the mesh rests between two requests of one client. */
const REST_MS = 10;
const ROUND_TRIPS = 60;

/**
 * What the mesh adds to the time to the first byte of a streamed answer, for one client: each request is made twice in
 * a row, to the engine and through the mesh, in alternating order; the difference of the two is one sample.
 */
export const firstByte: Figure = {
  name: "first-byte",
  title: "added time to first byte, streaming, one client",
  unit: "request, either way",
  async measure(bench: Bench) {
    await warmUp(bench);
    const rounds = [];
    for (let round = 0; round < bench.rounds; round++) {
      const { firstByteMs } = await bench.observed(
        () => alternate(bench),
        (outcome) => 2 * outcome.firstByteMs.length,
      );
      const { p50, p99 } = summarize(firstByteMs.map(([direct, mesh]) => mesh - direct));
      const direct = median(firstByteMs.map((pair) => pair[0]));
      const mesh = median(firstByteMs.map((pair) => pair[1]));
      rounds.push({ p50, p99, direct, mesh, roundTrip: await idleRoundTripMs(bench) });
    }
    return [
      measured("added, p50", "ms", each(rounds, "p50"), atMost(2.5)),
      measured("added, p99", "ms", each(rounds, "p99"), atMost(15)),
      measured("direct to the engine, p50", "ms", each(rounds, "direct")),
      measured("through the mesh, p50", "ms", each(rounds, "mesh")),
      measured("reference: ping of nats-server after a rest, p50", "ms", each(rounds, "roundTrip")),
    ];
  },
};

/**
 * One message to nats-server and back when both sides have been asleep: the cost of a hop on this machine without our
 * code. Between a request and its first byte lie ten messages, one after the other, and each wakes a process.
 */
async function idleRoundTripMs(bench: Bench): Promise<number> {
  const roundTripsMs: number[] = [];
  for (let index = 0; index < ROUND_TRIPS; index++) {
    await sleep(REST_MS);
    const sentMs = performance.now();
    await bench.mesh.connection.nats.flush();
    roundTripsMs.push(performance.now() - sentMs);
  }
  return median(roundTripsMs);
}

async function warmUp(bench: Bench): Promise<void> {
  await bench.mesh.loadGenerator();
  const load = loadRequest({ tokens: COMPLETION_TOKENS, tokensPerSecond: 0, textBytes: 4 }, true);
  const ask = (requests: number, asked: readonly string[]) =>
    bench.client.run({
      kind: "closed-loop",
      target: bench.mesh.api,
      clients: 4,
      requests: bench.isQuick ? requests / 4 : requests,
      bodies: asked,
      expected: { stream: true, tokens: COMPLETION_TOKENS },
      timeoutMs: 120_000,
    });
  await ask(LOAD_WARM_UP_REQUESTS, [load]);
  await ask(ENGINE_WARM_UP_REQUESTS, bodies(bench));
}

function alternate(bench: Bench) {
  return bench.client.run({
    kind: "alternating",
    targets: [bench.mesh.engine, bench.mesh.api],
    pairs: bench.isQuick ? 40 : 150,
    bodies: bodies(bench),
    expected: { stream: true, keepText: true },
    timeoutMs: 120_000,
  });
}

function bodies(bench: Bench): string[] {
  return PROMPTS.map((prompt) => engineRequest(bench.mesh.model, prompt, COMPLETION_TOKENS));
}
