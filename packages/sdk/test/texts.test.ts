import {
  createFlock,
  MICRO_PER_LLAMA,
  parseLlama,
  readClaim,
  readDelegation,
  readUnstake,
  readWithdrawal,
  TOTAL_SUPPLY,
} from "@flockollamas/sdk";
import { answer, ScriptedServer } from "./scripted-server.js";

const WALLET = "7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU";
const KEY = "9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin";
const GENESIS = "4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY";
const NETWORK = { genesis_hash: GENESIS, chain: "solana", parameters: { version: 1, values: {} } };
const ID = "0b9c2f0e-5a51-4f0a-9d0c-6a4b5f7c8d9e";
const EXPIRES = "2026-12-01T12:00:00.000Z";

describe("a text that a wallet signs", () => {
  let server: ScriptedServer;
  beforeAll(async () => {
    server = await ScriptedServer.start();
  });
  afterAll(() => server.stop());
  beforeEach(() => server.next(answer(200, NETWORK)));
  const texts = () => createFlock({ url: server.url }).texts;
  const common = { network: GENESIS, account: WALLET, expiresMs: Date.parse(EXPIRES) };

  it("says what was asked, for the network that was asked, and is read as that", async () => {
    const own = { account: WALLET, expiresAt: EXPIRES };
    const amountMicro = parseLlama("2.5");
    const withdrawal = await texts().withdrawal({ ...own, amountMicro, to: KEY, id: ID.toUpperCase() });
    expect(readWithdrawal(withdrawal)).toEqual({ ...common, amount: 2_500_000n, to: KEY, id: ID });
    const unstake = await texts().unstake({ ...own, amountMicro: 2n * MICRO_PER_LLAMA, id: ID });
    expect(readUnstake(unstake)).toEqual({ ...common, amount: 2_000_000n, id: ID });
    const claim = await texts().claim({ ...own, deposit: "5Fz", to: KEY });
    expect(readClaim(claim)).toEqual({ ...common, deposit: "5Fz", to: KEY });
    const delegation = {
      ...{ api: "https://api.example", wallet: WALLET, payout: WALLET, key: KEY },
      ...{ challenge: "4q7Bw8pXhWc3mFvT2nRk9d", issuedMs: 0, expiresMs: 1_000 },
    };
    expect(readDelegation(texts().delegation(delegation))).toEqual(delegation);
  });

  it("has an id of its own, and lapses in an hour, unless it is told otherwise", async () => {
    const begun = Date.now();
    const [one, other] = await Promise.all(
      [1, 2].map(() => texts().unstake({ account: WALLET, amountMicro: 1n })),
    ).then((written) => written.map(readUnstake));
    if (one === undefined || other === undefined || "fault" in one || "fault" in other)
      throw new Error("none");
    expect(one.id).not.toBe(other.id);
    expect(one.expiresMs - 3_600_000 - begun).toBeLessThan(60_000);
  });

  it("is read as nothing when it resembles one", async () => {
    const text = await texts().unstake({
      account: WALLET,
      amountMicro: TOTAL_SUPPLY,
      id: ID,
      expiresAt: EXPIRES,
    });
    expect(readUnstake(text)).toMatchObject({ amount: TOTAL_SUPPLY });
    expect(readUnstake(`${text}\n`)).toMatchObject({ fault: expect.any(String) });
    const more = text.replace(`${TOTAL_SUPPLY}`, `${TOTAL_SUPPLY + 1n}`);
    expect(readUnstake(more)).toMatchObject({ fault: expect.stringContaining("more than there is") });
  });

  it("is not written for a network without a chain: it would be good on every such network", async () => {
    server.next(answer(200, { ...NETWORK, chain: null, genesis_hash: null }));
    const written = texts().unstake({ account: WALLET, amountMicro: 1n });
    await expect(written).rejects.toMatchObject({ name: "FlockError", code: "failed_precondition" });
  });
});
