import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { proveFromStatement } from "@flock/epochs";
import { ApiClient, eventually, TestMesh, whole } from "@flock/harness";
import { verifySignature } from "@flock/keys";
import { parseLlama } from "@flock/money";
import { base58 } from "@scure/base";
import { ChainWallet, type LlamaChain } from "./chain-wallet.js";
import { MoneyClient } from "./money-client.js";

/** µLLAMA: a few answers of the little model. */
const DEPOSIT = 300_000n;
const COMPLETION_PRICE = 1_000n;
const ASK = {
  model: "flock-tiny",
  prompt: "Once upon a time",
  stream: false,
  options: { temperature: 0, num_predict: 50 },
};

interface Account {
  readonly wallet: { readonly available_micro: string; readonly held_micro: string };
  readonly stake_micro: string;
  readonly vested: { readonly posted_micro: string };
}
interface Epoch {
  readonly number: number;
  readonly state: string;
  readonly statement_root: string;
  readonly anchor_signature: string;
}

/*
 * One walk through all of the money, by public interfaces alone: HTTP, the chain's RPC, key files. Each step goes on
 * from the one before.
 */
describe("LLAMA's way through the network and back", () => {
  let mesh: TestMesh;
  let chain: LlamaChain;
  let wallet: ChainWallet;
  let money: MoneyClient;
  let chat: ApiClient;
  let worker: ChainWallet;
  let earner: MoneyClient;
  let spent = 0n;
  beforeAll(async () => {
    mesh = await TestMesh.start({
      workers: 1,
      chain: true,
      // Ten seconds are the shortest epoch that is legal; a slot is an eighth of the usual.
      environment: { CHAIN_SLOT_MS: "50", TREASURY_POLL_MS: "200", TREASURY_COLLECT_MS: "200" },
      parameters: {
        epochSeconds: 10,
        challengeSeconds: 1,
        unstakeCooldownSeconds: 11,
        payoutMinMicro: "1",
        payoutThresholdMicro: "1000",
        priceUpTo1bPromptMicro: "10",
        priceUpTo1bCompletionMicro: String(COMPLETION_PRICE),
      },
    });
    const { solanaRpcUrl = "", mint = "" } = mesh.state;
    chain = { solanaRpcUrl, mint };
    wallet = new ChainWallet(chain);
    money = new MoneyClient(mesh.state.apiUrl);
    worker = ChainWallet.fromFile(chain, join(mesh.dataDir, "workers", "worker-1.json"));
    earner = new MoneyClient(mesh.state.apiUrl);
  }, 180_000);
  afterAll(() => mesh?.stop(), 60_000);

  async function account(client: MoneyClient): Promise<Account> {
    return (await client.get("/account")).body as unknown as Account;
  }
  async function available(client: MoneyClient): Promise<bigint> {
    return BigInt((await account(client)).wallet.available_micro);
  }
  async function network(): Promise<string> {
    return ((await money.get("/network")).body as { genesis_hash: string }).genesis_hash;
  }
  const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

  it("a fresh wallet gets LLAMA on the chain and signs in", async () => {
    await wallet.airdrop(1);
    const demo = ChainWallet.fromFile(chain, mesh.state.demoWalletFile ?? "");
    await demo.pay(wallet.address, 2n * DEPOSIT);
    expect(await wallet.llama()).toBe(2n * DEPOSIT);
    await money.signIn(wallet);
    expect(await available(money)).toBe(0n);
    const made = await money.post("/keys", { label: "walk" });
    chat = new ApiClient(mesh.state.apiUrl, (made.body as { api_key: string }).api_key);
  }, 60_000);

  it("without a deposit, chat is refused with 402", async () => {
    await expect(whole(chat.post("/api/generate", ASK))).rejects.toThrow("402");
  }, 30_000);

  it("what it deposits is credited once the deposit is final, and not before", async () => {
    const { address, memo } = (await money.get("/deposit")).body as { address: string; memo: string };
    const signature = await wallet.pay(address, DEPOSIT, memo);
    while (!(await wallet.reached(signature, "finalized"))) {
      const credited = await available(money);
      // Asked again: it may have become final between the two answers.
      if (credited !== 0n) expect(await wallet.reached(signature, "finalized")).toBe(true);
    }
    await eventually("the deposit to be credited", async () => (await available(money)) === DEPOSIT, {
      timeoutMs: 30_000,
    });
    // The ledger has it first, and then the treasury says so.
    const deposit = async () =>
      ((await money.get("/deposits")).body as { deposits: { state: string }[] }).deposits[0];
    await eventually(
      "the deposit to be told as credited",
      async () => (await deposit())?.state === "credited",
    );
    expect(await deposit()).toMatchObject({ signature, amount_micro: String(DEPOSIT) });
  }, 60_000);

  it("it spends on answers until 402 says exactly what is missing", async () => {
    let refusal = "";
    let told = 0n;
    for (let requests = 0; refusal === "" && requests < 100; requests += 1) {
      try {
        const answer = await whole(chat.post("/api/generate", ASK));
        told += 10n * BigInt(answer.promptTokens) + COMPLETION_PRICE * BigInt(answer.completionTokens);
      } catch (error) {
        refusal = String(error);
      }
      // What a hold took and did not need comes back with the settlement, just after the answer: a request that comes
      // in between is told, rightly, that all of it is held.
      await eventually(
        "all answers to be settled",
        async () => (await account(money)).wallet.held_micro === "0",
      );
    }
    spent = DEPOSIT - (await available(money));
    expect(spent).toBeGreaterThan(DEPOSIT / 2n);
    // An answer costs what its client was told, and never more than was held: the last one may cost a little less.
    expect(spent).toBeLessThanOrEqual(told);
    expect(told - spent).toBeLessThan(2n * COMPLETION_PRICE);
    expect(refusal).toContain("402");
    const [, needed, left, missing] =
      /at least ([\d.]+) LLAMA are needed, ([\d.]+) are available, ([\d.]+) are missing/.exec(refusal) ?? [];
    expect(parseLlama(left ?? "")).toBe(DEPOSIT - spent);
    expect(parseLlama(missing ?? "")).toBe(parseLlama(needed ?? "") - parseLlama(left ?? ""));
  }, 60_000);

  it("its worker's earnings vest with the epoch and arrive in the worker's token account", async () => {
    const share = (spent * 95n) / 100n;
    // Rounding down takes less than 1 µLLAMA of each answer; emission comes on top.
    await eventually("the worker to be paid", async () => (await worker.llama("finalized")) >= share - 100n, {
      timeoutMs: 60_000,
    });
    await earner.signIn(worker);
    const { body } = await earner.get("/withdrawals?account=vested");
    const { withdrawals } = body as { withdrawals: { state: string; amount_micro: string }[] };
    const paid = withdrawals.reduce((sum, { amount_micro }) => sum + BigInt(amount_micro), 0n);
    expect(await worker.llama("finalized")).toBe(paid);
    const day = new Date().toISOString().slice(0, 10);
    const { earnings } = (await earner.get(`/earnings?to=${day}`)).body as {
      earnings: { model: string; share_micro: string }[];
    };
    const earned = earnings.reduce((sum, { share_micro }) => sum + BigInt(share_micro), 0n);
    expect(earned).toBeLessThanOrEqual(share);
    expect(earned).toBeGreaterThan(share - 100n);
    expect(paid).toBeGreaterThanOrEqual(earned);
  }, 120_000);

  it("anybody can prove the worker's amount from the epoch's statement and the root on the chain", async () => {
    const anchored = async (): Promise<Epoch | undefined> => {
      const { epochs } = (await money.get("/epochs")).body as unknown as { epochs: Epoch[] };
      for (const epoch of epochs.filter(({ state }) => state === "anchored")) {
        const text = await money.text(`/epochs/${epoch.number}/statement`);
        if (text.includes(`{"worker":"${worker.address}"`)) return epoch;
      }
      return undefined;
    };
    const epoch = await eventually("the worker's epoch to be anchored", anchored, {
      timeoutMs: 60_000,
      intervalMs: 500,
    });
    const memo = `flock:epoch:${epoch.number}:${epoch.statement_root}`;
    expect(await wallet.memoOf(epoch.anchor_signature)).toContain(memo);
    const path = join(mesh.dataDir, "statement.ndjson");
    writeFileSync(path, await money.text(`/epochs/${epoch.number}/statement`));
    const party = { kind: "worker", id: worker.address } as const;
    const proven = proveFromStatement({ path, root: epoch.statement_root, party });
    expect(proven.line).toMatchObject({ worker: worker.address });
    const altered = join(mesh.dataDir, "altered.ndjson");
    const text = await money.text(`/epochs/${epoch.number}/statement`);
    const receipt = /(?<="receipt":")[0-9a-f]{64}/;
    writeFileSync(altered, text.replace(receipt, "0".repeat(64)));
    expect(() => proveFromStatement({ path: altered, root: epoch.statement_root, party })).toThrow(
      "the statement's root is",
    );
  }, 90_000);

  it("it stakes, unstakes by a signed text, and has its LLAMA back after the cooldown", async () => {
    const demo = ChainWallet.fromFile(chain, mesh.state.demoWalletFile ?? "");
    const { address, memo } = (await money.get("/deposit")).body as { address: string; memo: string };
    await demo.pay(address, DEPOSIT, memo);
    const before = DEPOSIT - spent;
    await eventually("the second deposit", async () => (await available(money)) === before + DEPOSIT, {
      timeoutMs: 30_000,
    });
    const id = randomUUID();
    const stake = { id, amount_micro: "200000" };
    expect((await money.post("/stakes", stake)).body).toMatchObject({ stake_micro: "200000" });
    expect((await money.post("/stakes", stake)).body).toMatchObject({ stake_micro: "200000" });
    const other = await money.post("/stakes", { ...stake, amount_micro: "1" });
    expect([other.status, other.body["error"]]).toEqual([
      409,
      expect.objectContaining({ code: "already_exists" }),
    ]);
    const text = [
      "FlockOllamas unstake",
      `network: ${await network()}`,
      `account: ${wallet.address}`,
      "amount: 200000",
      `id: ${randomUUID()}`,
      `expires: ${inAnHour()}`,
    ].join("\n");
    const forged = await money.post("/unstakes", { text, signature: worker.sign(text) });
    expect(forged.status).toBe(401);
    const unstaked = await money.post("/unstakes", { text, signature: wallet.sign(text) });
    expect(unstaked).toMatchObject({ status: 200, body: { stake_micro: "0" } });
    await eventually("the cooldown to end", async () => (await available(money)) === before + DEPOSIT, {
      timeoutMs: 30_000,
    });
  }, 90_000);

  it("it withdraws by a signed text to its own token account, once, however often it asks", async () => {
    const onChain = await wallet.llama("finalized");
    const text = [
      "FlockOllamas withdrawal",
      `network: ${await network()}`,
      `account: ${wallet.address}`,
      "amount: 250000",
      `to: ${wallet.address}`,
      `id: ${randomUUID()}`,
      `expires: ${inAnHour()}`,
    ].join("\n");
    const request = { text, signature: wallet.sign(text) };
    const first = await money.post("/withdrawals", request);
    expect(first.status).toBe(200);
    expect((await money.post("/withdrawals", request)).status).toBe(200);
    await eventually("the withdrawal", async () => (await wallet.llama("finalized")) === onChain + 250_000n, {
      timeoutMs: 60_000,
    });
    const too = text.replace("amount: 250000", "amount: 250000000").replace(/id: .*/, `id: ${randomUUID()}`);
    const refused = await money.post("/withdrawals", { text: too, signature: wallet.sign(too) });
    expect([refused.status, refused.body["error"]]).toEqual([
      402,
      expect.objectContaining({ code: "insufficient_funds" }),
    ]);
    expect(await wallet.llama("finalized")).toBe(onChain + 250_000n);
  }, 90_000);

  it("the reserves reconcile, signed by the treasury", async () => {
    const reserves = async () =>
      (await money.get("/reserves")).body as {
        statement: string;
        signature: string;
        signer: string;
        on_chain_micro: string;
        in_flight_micro: string;
        uncredited_micro: string;
        liabilities: { kind: string; sum_micro: string }[];
      };
    const reconciled = async () => {
      const found = await reserves();
      // All that the books have inside adds up to what they say is outside, on the chain. A payout that has landed is
      // known to be in flight a moment later.
      const inside = found.liabilities.filter(({ kind }) => kind !== "external");
      const owed = inside.reduce((sum, { sum_micro }) => sum + BigInt(sum_micro), 0n);
      const held =
        BigInt(found.on_chain_micro) + BigInt(found.in_flight_micro) - BigInt(found.uncredited_micro);
      return held === owed ? found : undefined;
    };
    const found = await eventually("the reserves to reconcile", reconciled, { timeoutMs: 20_000 });
    expect(found.signer).toBe(mesh.state.treasuryAddress);
    const statement = Buffer.from(found.statement, "utf8");
    expect(verifySignature(found.signer, statement, base58.decode(found.signature))).toBe(true);
  }, 30_000);
});
