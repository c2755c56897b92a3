import type { Bench, Figure } from "../figure.js";
import { GATEWAY_VERSION } from "../gateway/fetch-gateway.js";
import { Portkey } from "../gateway/portkey.js";
import { atLeast, atMost, type Measurement, measured } from "../measurement.js";
import { median } from "../statistics.js";
import { chatVariants } from "./chat-variants.js";

const TOKENS = 8;
const CLIENTS = 64;

/**
 * Chat completions through the mesh beside a plain proxy: npm's gateway of Portkey, in front of an upstream that makes
 * the same answers up. What both add is over that upstream asked directly.
 */
export const portkey: Figure = {
  name: "portkey",
  title: `chat completions, not streamed, beside @portkey-ai/gateway ${GATEWAY_VERSION}, 1 and ${CLIENTS} clients`,
  unit: "request",
  async measure(bench: Bench) {
    await bench.mesh.loadGenerator();
    const gateway = await Portkey.start();
    try {
      return await compare(bench, gateway);
    } finally {
      await gateway.close();
    }
  },
};

async function compare(bench: Bench, gateway: Portkey): Promise<Measurement[]> {
  const { openai } = chatVariants(bench.mesh, { tokens: TOKENS, tokensPerSecond: 0, textBytes: 4 }, false);
  const { direct, portkey: proxied } = gateway.variants(openai.body);
  const ask = (clients: number, turns: number, asks: number) =>
    bench.client.run({
      kind: "turns",
      variants: [direct, openai, proxied],
      clients,
      turns,
      asks,
      tokens: TOKENS,
      timeoutMs: 120_000,
    });
  await ask(CLIENTS, bench.isQuick ? 2 : 10, 5);
  const added = {
    one: [] as number[],
    oneOther: [] as number[],
    many: [] as number[],
    manyOther: [] as number[],
  };
  const rates = { ours: [] as number[], other: [] as number[], ratio: [] as number[] };
  for (let round = 0; round < bench.rounds; round++) {
    const [one, many] = await bench.observed(
      async () =>
        [
          await ask(1, bench.isQuick ? 100 : 600, 1),
          await ask(CLIENTS, bench.isQuick ? 3 : 15, bench.isQuick ? 4 : 10),
        ] as const,
      (outcomes) => outcomes.reduce((sum, { variants }) => sum + (variants[1]?.totalMs.length ?? 0), 0),
    );
    const [d1 = 0, m1 = 0, p1 = 0] = one.variants.map(({ totalMs }) => median(totalMs));
    const [dn = 0, mn = 0, pn = 0] = many.variants.map(({ totalMs }) => median(totalMs));
    const [, ours = 0, other = 0] = many.variants.map(({ perSecond }) => perSecond);
    added.one.push(m1 - d1);
    added.oneOther.push(p1 - d1);
    added.many.push(mn - dn);
    added.manyOther.push(pn - dn);
    rates.ours.push(ours);
    rates.other.push(other);
    rates.ratio.push(ours / other);
  }
  const ratio = (ours: readonly number[], others: readonly number[]) =>
    ours.map((value, index) => value / (others[index] ?? 1));
  return [
    measured("one client: added by the mesh, p50", "ms", added.one),
    measured("one client: added by Portkey, p50", "ms", added.oneOther),
    measured("one client: added, of Portkey's", "", ratio(added.one, added.oneOther), atMost(1)),
    measured(`${CLIENTS} clients: added by the mesh, p50`, "ms", added.many),
    measured(`${CLIENTS} clients: added by Portkey, p50`, "ms", added.manyOther),
    measured(`${CLIENTS} clients: added, of Portkey's`, "", ratio(added.many, added.manyOther), atMost(1)),
    measured(`${CLIENTS} clients: through the mesh`, "1/s", rates.ours),
    measured(`${CLIENTS} clients: through Portkey`, "1/s", rates.other),
    measured(`${CLIENTS} clients: rate, of Portkey's`, "", rates.ratio, atLeast(1)),
  ];
}
