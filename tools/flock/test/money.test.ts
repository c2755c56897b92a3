import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generateIdentity, identityFromSecretKey, verifySignature } from "@flock/keys";
import { createTestDirectory, type TestDirectory } from "@flock/provision/testing";
import { base58 } from "@scure/base";
import { FakeApi, GENESIS_HASH, refusal, signedBody } from "../src/transcripts/fake-api.js";
import { type Run, runHere } from "./run-here.js";

const OTHER = generateIdentity().id;
const amounts = { posted_micro: "5000001", held_micro: "1", available_micro: "5000000" };
const ACCOUNT = {
  account: "me",
  wallet: amounts,
  stake_micro: "10000000",
  cooling: {
    total_micro: "7",
    releases: [{ id: "1", amount_micro: "7", release_at: "2026-11-23T00:00:00.000Z" }],
  },
  vested: { posted_micro: "3000000", held_micro: "0", available_micro: "3000000" },
  earnings_micro: "9",
  tier: { level: 1, requests_per_minute: 120, concurrency: 8, priority: 2, next: null },
};
const WITHDRAWAL = {
  id: "w1",
  ledger_account: "wallet:me",
  recipient: OTHER,
  amount_micro: "2500000",
  state: "reserved",
  is_final: false,
  signature: null,
  reason: "",
  created_at: "2026-11-22T10:00:00.000Z",
  updated_at: "2026-11-22T10:00:00.000Z",
};

const WITHDRAWAL_ID = "0b6c1d3a-7c1e-4b8a-9a50-8f7d3f1f2a10";

describe("flock, for the money of a wallet", () => {
  const api = new FakeApi();
  let directory: TestDirectory;
  let wallet: string;
  let address: string;

  beforeAll(async () => {
    directory = await createTestDirectory();
    await api.start();
    wallet = join(directory.path, "wallet.json");
    address = JSON.parse((await flock("wallet", "create", "--json")).stdout).address;
  });
  afterAll(async () => {
    await api.stop();
    await directory.remove();
  });
  beforeEach(() => {
    api.asked.length = 0;
    api.failures = 0;
    api.challengeText = undefined;
  });
  afterEach(() => expect(api.sessions).toBe(0));

  const flock = (...args: string[]): Promise<Run> =>
    runHere([...args, "--data-dir", directory.path], { FLOCK_API_URL: api.url, FLOCK_WALLET: wallet });

  it("makes a wallet as the Solana tools write it, for its owner's eyes, and never replaces one", async () => {
    const secret = Uint8Array.from(JSON.parse(await readFile(wallet, "utf8")));
    expect(identityFromSecretKey(secret).id).toBe(address);
    expect((await stat(wallet)).mode & 0o077).toBe(0);
    expect((await flock("wallet", "address")).stdout).toBe(`${address}\n`);
    expect(await flock("wallet", "create")).toEqual({
      code: 4,
      stdout: "",
      stderr: `flock: ${wallet} exists: it is left as it is\n`,
    });
    expect(Uint8Array.from(JSON.parse(await readFile(wallet, "utf8")))).toEqual(secret);
  });

  it("signs in, shows the account, and signs out", async () => {
    api.answer("GET /account", ACCOUNT);
    const { code, stdout } = await flock("balance");
    expect(code).toBe(0);
    expect(stdout.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
      ["me", "LLAMA"],
      ["available", "5"],
      ["held for running jobs and payouts", "0.000001"],
      ["stake", "10"],
      ["cooling until 2026-11-23T00:00:00.000Z", "0.000007"],
      ["earned, can be challenged", "0.000009"],
      ["earned, can be collected", "3"],
      [""],
      ["tier 1: 120 requests a minute, 8 at once"],
      [""],
    ]);
    expect(JSON.parse((await flock("balance", "--json")).stdout)).toEqual(ACCOUNT);
  });

  it("signs nothing that is not a sign-in to the API that it asked", async () => {
    for (const text of [
      (id: string) => `evil.example wants you to sign in with your Solana account:\n${id}`,
      (id: string) => `FlockOllamas withdrawal\nnetwork: x\naccount: ${id}`,
      () => `${new URL(api.url).host} wants you to sign in with your Solana account:\n${OTHER}`,
    ]) {
      api.challengeText = text;
      const { code, stderr } = await flock("balance");
      expect(code).toBe(4);
      expect(stderr).toMatch(/^flock: .* nothing was signed .*\n$/);
    }
    expect(api.asked.some(({ path }) => path === "/sign-in")).toBe(false);
    const { port } = new URL(api.url);
    api.challengeText = (id) => `localhost:${port} wants you to sign in with your Solana account:\n${id}`;
    api.answer("GET /account", ACCOUNT);
    expect((await flock("balance")).code).toBe(0);
  });

  it("tells what the account's keys have used", async () => {
    const sums = { requests: "2", prompt_tokens: "20", completion_tokens: "10", charge_micro: "70" };
    const row = { day: "2026-11-22", model: "able:7b", ...sums };
    const told = { account: address, from: "2026-11-01", to: "2026-11-22", is_cut: false };
    api.answer("GET /usage", { ...told, usage: [row] });
    expect((await flock("usage", "--by", "day,model", "--from", "2026-11-01")).stdout).toBe(
      "day         model      LLAMA  requests  prompt tokens  completion tokens  key\n" +
        "2026-11-22  able:7b  0.00007         2             20                 10\n",
    );
    expect(api.last("GET /usage").path).toBe("/usage?by=day%2Cmodel&from=2026-11-01");
    api.answer("GET /usage", { ...told, usage: [] });
    expect((await flock("usage")).stderr).toBe("nothing was used from 2026-11-01 to 2026-11-22\n");
  });

  it("tells how to deposit", async () => {
    api.answer("GET /deposit", {
      network: GENESIS_HASH,
      mint: "mint",
      address: "treasury",
      token_account: "token-account",
      memo: "flock:me",
      reference: "r",
      url: "solana:treasury?memo=flock%3Ame",
      deposit_min_micro: "10000",
    });
    expect((await flock("deposit")).stdout).toBe(
      "send LLAMA to  treasury\n" +
        "with the memo  flock:me\n" +
        "mint           mint\n" +
        "token account  token-account\n" +
        "at least       0.01 LLAMA\n" +
        `chain          ${GENESIS_HASH}\n` +
        "Solana Pay     solana:treasury?memo=flock%3Ame\n",
    );
    const tooSmall = await flock("deposit", "send", "0.009", "--rpc-url", "http://127.0.0.1:1");
    expect(tooSmall.stderr).toBe("flock: at least 0.01 LLAMA are credited\n");
    expect((await flock("deposit", "send", "1", "--yes", "--quiet")).stderr).toMatch(/^flock: which chain\?/);
    const away = await flock("deposit", "send", "1", "--yes", "--quiet", "--rpc-url", "http://127.0.0.1:1");
    expect(away.stderr).toBe("flock: http://127.0.0.1:1: the RPC does not answer\n");
  });

  it("withdraws by a text that the wallet signed, without a session", async () => {
    api.answer("POST /withdrawals", { withdrawal: WITHDRAWAL });
    const { stdout } = await flock("withdraw", "2.5", "--yes", "--to", OTHER);
    expect(stdout).toBe(`withdrawal w1: 2.5 LLAMA to ${OTHER}\nreserved\n`);
    const { text, signature } = signedBody.parse(api.last("POST /withdrawals").body);
    expect(text).toMatch(
      new RegExp(
        `^FlockOllamas withdrawal\nnetwork: ${GENESIS_HASH}\naccount: ${address}\namount: 2500000\nto: ${OTHER}\n` +
          "id: [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\nexpires: 20[-0-9]{8}T[0-9:.]{12}Z$",
      ),
    );
    expect(verifySignature(address, Buffer.from(text), base58.decode(signature))).toBe(true);
    expect(api.asked.some(({ path }) => path === "/sign-in")).toBe(false);
    await flock("withdraw", "1", "--yes");
    expect(signedBody.parse(api.last("POST /withdrawals").body).text).toContain(`\nto: ${address}\n`);
  });

  it("asks whether --to is misspelt when it looks like the wallet's own address, and sends nothing", async () => {
    const almost = address.slice(0, -1);
    const asked = api.asked.length;
    expect((await flock("deposit", "claim", "s1", "--to", almost)).stderr).toBe(
      `flock: --to: ${almost} is not ${address}: is it misspelt?\n`,
    );
    expect((await flock("withdraw", "1", "--to", almost)).stderr).toMatch(
      /a wallet's address is needed|misspelt/,
    );
    expect(api.asked.length).toBe(asked);
  });

  it("asks before LLAMA moves, and does nothing where nobody agrees or can be asked", async () => {
    api.answer("POST /withdrawals", { withdrawal: WITHDRAWAL });
    const environment = { FLOCK_API_URL: api.url, FLOCK_WALLET: wallet };
    const asked = (answer: string) =>
      runHere(["withdraw", "2.5"], environment, { lines: [answer], terminal: { stdin: true, stderr: true } });
    const refused = await asked("n");
    expect(refused).toMatchObject({ code: 130, stdout: "" });
    expect(refused.stderr).toMatch(
      /\namount: 2500000\n.*\[y\/N\] flock: not agreed to: nothing was sent\n$/s,
    );
    expect((await flock("withdraw", "2.5")).stderr).toMatch(
      /nobody can be asked here; say --yes, or --dry-run/,
    );
    const dry = await flock("withdraw", "2.5", "--dry-run", "--json", "--id", WITHDRAWAL_ID);
    expect(JSON.parse(dry.stdout)).toMatchObject({
      dry_run: true,
      text: expect.stringContaining(WITHDRAWAL_ID),
    });
    expect(api.asked.some(({ method }) => method === "POST")).toBe(false);
    expect((await asked("yes")).code).toBe(0);
  });

  it("hands the very same text in again when no answer came, and says when it gave up", async () => {
    api.answer("POST /withdrawals", { withdrawal: WITHDRAWAL });
    api.failures = 2;
    expect((await flock("withdraw", "2.5", "--yes")).code).toBe(0);
    const texts = api.asked
      .filter(({ path }) => path === "/withdrawals")
      .map(({ body }) => signedBody.parse(body).text);
    expect([texts.length, new Set(texts).size]).toEqual([3, 1]);
    api.failures = 99;
    expect((await flock("withdraw", "2.5", "--yes")).stderr).toMatch(
      /the withdrawal may have arrived all the same/,
    );
  });

  it("waits for a withdrawal, and lists them", async () => {
    api.answer("POST /withdrawals", { withdrawal: WITHDRAWAL });
    const states = ["batched", "posted"];
    api.answers.set("GET /withdrawals/w1", () => {
      const state = states.shift() ?? "posted";
      const signature = "landed";
      return { body: { withdrawal: { ...WITHDRAWAL, state, signature, is_final: state === "posted" } } };
    });
    expect((await flock("withdraw", "2.5", "--yes", "--wait")).stdout).toContain("posted by landed\n");
    api.answer("GET /withdrawals", { withdrawals: [WITHDRAWAL], next_cursor: "7" });
    expect((await flock("withdraw", "list", "--vested", "--limit", "1")).stdout).toBe(
      `time (UTC)           LLAMA  state     to${" ".repeat(OTHER.length - 2)}  transaction\n` +
        `2026-11-22 10:00:00    2.5  reserved  ${OTHER}\n`,
    );
    expect(api.last("GET /withdrawals").path).toBe("/withdrawals?account=vested&limit=1");
  });

  it("stakes and collects once per id, and unstakes by a signed text", async () => {
    const id = "00000000-0000-4000-8000-000000000000";
    api.answer("POST /stakes", { id, stake_micro: "5", available_micro: "6" });
    expect((await flock("stake", "add", "2.5", "--yes", "--id", id)).stdout).toBe(
      `staked 2.5 LLAMA (request ${id})\nstake now: 0.000005 LLAMA; available: 0.000006 LLAMA\n`,
    );
    expect(api.last("POST /stakes").body).toEqual({ id, amount_micro: "2500000" });
    api.answer("GET /account", ACCOUNT);
    api.answer("POST /collects", { id, vested_micro: "0", available_micro: "8000000" });
    expect((await flock("collect", "--yes")).stdout).toContain("collected 3 LLAMA");
    expect(api.last("POST /collects").body).toEqual({ id: expect.any(String), amount_micro: "3000000" });
    api.answer("GET /account", { ...ACCOUNT, vested: { ...amounts, available_micro: "0" } });
    expect((await flock("collect", "--yes")).stderr).toBe("nothing to collect\n");
    api.answer("POST /unstakes", { id, stake_micro: "1", release_at: "2026-11-23T00:00:00.000Z" });
    expect((await flock("stake", "remove", "4", "--yes")).stdout).toContain(
      "available at 2026-11-23T00:00:00.000Z",
    );
    const { text, signature } = signedBody.parse(api.last("POST /unstakes").body);
    expect(text.split("\n").map((line) => line.split(": ", 1)[0])).toEqual([
      "FlockOllamas unstake",
      "network",
      "account",
      "amount",
      "id",
      "expires",
    ]);
    expect(verifySignature(address, Buffer.from(text), base58.decode(signature))).toBe(true);
  });

  it("claims and lists deposits", async () => {
    const deposit = {
      signature: "s1",
      amount_micro: "5",
      state: "suspended",
      account: null,
      sender: address,
      reason: "unattributed",
      slot: 1,
      seen_at: "2026-11-22T10:00:00.000Z",
    };
    api.answer("GET /deposits", { deposits: [deposit], next_cursor: null });
    expect((await flock("deposit", "list", "--suspended")).stdout).toBe(
      "time (UTC)              LLAMA  state                    transaction\n" +
        "2026-11-22 10:00:00  0.000005  suspended: unattributed  s1\n",
    );
    expect(api.last("GET /deposits").path).toBe("/deposits?suspended=true&limit=20");
    const misspelt = { ...deposit, reason: "unknown_account", named: "alise" };
    api.answer("GET /deposits", { deposits: [misspelt], next_cursor: null });
    expect((await flock("deposit", "list", "--suspended")).stdout).toContain(
      "  suspended: unknown_account alise  s1\n",
    );
    api.answer("POST /claims", { deposit: { ...deposit, state: "claimed" } });
    expect((await flock("deposit", "claim", "s1", "--yes", "--to", "alice")).stdout).toBe(
      "deposit s1 is credited to alice\n",
    );
    expect(signedBody.parse(api.last("POST /claims").body).text).toMatch(
      new RegExp(
        `^FlockOllamas claim\nnetwork: \\w+\naccount: ${address}\ndeposit: s1\nto: alice\nexpires: `,
      ),
    );
  });

  it("tells earnings by day and model", async () => {
    const row = {
      day: "2026-11-22",
      model: "flock-tiny:latest",
      jobs: "3",
      prompt_tokens: "10",
      completion_tokens: "20",
      share_micro: "950",
      clawed_back_micro: "0",
    };
    api.answer("GET /earnings", { worker: address, from: "", to: "", earnings: [row], total_micro: "950" });
    expect((await flock("earnings", "--from", "2026-11-20")).stdout).toBe(
      "day         model              jobs  prompt  completion    LLAMA  taken back  worker\n" +
        `2026-11-22  flock-tiny:latest     3      10          20  0.00095           0  ${address}\n`,
    );
    expect(api.last("GET /earnings").path).toBe("/earnings?from=2026-11-20");
    expect((await flock("earnings")).stderr).toBe("0.00095 LLAMA in all\n");
  });

  it("verifies who signed the reserves", async () => {
    const treasury = generateIdentity();
    const statement = "FlockOllamas reserves\non chain: 5";
    const signature = base58.encode(treasury.sign(Buffer.from(statement)));
    const proof = { statement, signature, signer: treasury.id, on_chain_micro: "5" };
    api.answer("GET /reserves", proof);
    const args = ["verify", "reserves", "--treasury", treasury.id];
    expect((await flock(...args)).stdout).toBe(`${statement}\n\nsigned by ${treasury.id}\n`);
    expect(JSON.parse((await flock(...args, "--json")).stdout)).toEqual({ ...proof, verified: true });
    expect((await flock("verify", "reserves")).stderr).toMatch(/not by the treasury treasury\n$/);
    api.answer("GET /reserves", { ...proof, statement: `${statement}0` });
    expect((await flock(...args)).stderr).toMatch(/the signature is not that of .* under this statement\n$/);
  });

  it.each([
    [2, ["withdraw", "0"], /the amount must be more than 0/],
    [2, ["withdraw", "1e3"], /"1e3" is not an amount of LLAMA/],
    [2, ["withdraw", "1", "--to", "alice"], /--to alice: a wallet's address is needed/],
    [
      2,
      ["withdraw", "1", "--to", "SysvarRent111111111111111111111111111111111"],
      /which no key can spend from/,
    ],
    [
      2,
      ["withdraw", "1", "--to", "1nc1nerator11111111111111111111111111111111"],
      /which no key can spend from/,
    ],
    [2, ["stake", "add", "0.0000001"], /is not an amount of LLAMA/],
    [4, ["balance", "--wallet", "/nowhere/wallet.json"], /there is no wallet \/nowhere\/wallet.json/],
    [6, ["balance", "--api-url", "http://127.0.0.1:1"], /no API answers at http:\/\/127.0.0.1:1/],
    [2, ["balance", "--api-url", "ftp://x"], /ftp:\/\/x is not the URL of an API/],
  ])("ends with %d, and says in a line what is wrong with %j", async (exitCode, args, line) => {
    const { code, stdout, stderr } = await flock(...args);
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: "" });
    expect(stderr).toMatch(line);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  it("signs nothing for a network without a chain", async () => {
    api.answer("GET /network", { chain: null, genesis_hash: null });
    expect((await flock("stake", "remove", "1")).stderr).toBe(
      "flock: this network runs without a chain: there is no unstake\n",
    );
    expect(api.asked.some(({ method }) => method === "POST")).toBe(false);
  });

  it("passes on what the API refuses, in its words", async () => {
    const message = "2.5 LLAMA are needed, 1 are available, 1.5 are missing";
    api.answers.set("POST /stakes", () => refusal(402, "insufficient_funds", message));
    const refused = await flock("stake", "add", "2.5", "--yes", "--quiet");
    expect(refused).toEqual({ code: 5, stdout: "", stderr: `flock: ${message}\n` });
    api.answer("GET /account", "hello");
    expect((await flock("balance")).stderr).toMatch(/answered what cannot be read\n$/);
  });

  it("finds API and wallet by the data directory of a local mesh", async () => {
    api.answer("GET /account", ACCOUNT);
    const state = { natsUrl: "nats://x", apiUrl: api.url, demoWalletFile: wallet };
    await writeFile(join(directory.path, "local.json"), JSON.stringify(state));
    expect((await runHere(["balance", "--data-dir", directory.path], {})).code).toBe(0);
    const nowhere = await runHere(["balance", "--data-dir", join(directory.path, "none")], {
      FLOCK_WALLET: wallet,
    });
    expect(nowhere.stderr).toMatch(/or name one with --api-url or FLOCK_API_URL, or flock context set\n$/);
    const nobody = await runHere(["balance", "--data-dir", join(directory.path, "none")], {});
    expect(nobody.stderr).toMatch(/^flock: which wallet\?/);
  });
});
