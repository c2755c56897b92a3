import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { toAddress } from "@flock/solana";
import { SolanaChain } from "./solana-chain.js";

const ADDRESS = toAddress("So11111111111111111111111111111111111111112");

let server: Server | undefined;
afterEach(
  () => new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve))),
);

/** A chain whose endpoint answers everything with this. */
async function chainThatAnswers(result: unknown): Promise<SolanaChain> {
  server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    const { id } = JSON.parse(body) as { id: string };
    response.setHeader("connection", "close").end(JSON.stringify({ jsonrpc: "2.0", id, result }));
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const accounts = { wallet: ADDRESS, tokenAccount: ADDRESS, mint: ADDRESS };
  return new SolanaChain({ url: `http://127.0.0.1:${port}`, accounts });
}

const context = { slot: 5 };

describe("an answer of a chain that says nothing", () => {
  it.each<[string, (chain: SolanaChain) => Promise<unknown>, unknown]>([
    [
      "an amount that is no number",
      (chain) => chain.holdings(),
      { context, value: { amount: "many", decimals: 6, uiAmount: 1 } },
    ],
    [
      "a slot with a fraction",
      (chain) => chain.holdings(),
      { context: { slot: 1.5 }, value: { amount: "1", decimals: 6, uiAmount: 1 } },
    ],
    ["a balance with a fraction", (chain) => chain.lamports(), { context, value: 1.5 }],
    ["a height with a fraction", (chain) => chain.finalizedBlockHeight(), 1.5],
    ["a fee with a fraction", (chain) => chain.recentPriorityFees([]), [{ slot: 1, prioritizationFee: 0.5 }]],
  ])("is none: %s", async (_what, ask, result) => {
    await expect(ask(await chainThatAnswers(result))).rejects.toMatchObject({ code: "unavailable" });
  });
});
