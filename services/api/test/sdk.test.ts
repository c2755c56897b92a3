import { execFile } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { createTree, workerIssuer } from "@flock/access";
import { syntheticId, writeSyntheticEpoch } from "@flock/epochs/testing";
import { generateIdentity, type Identity } from "@flock/keys";
import { jetstreamOf, systemClock } from "@flock/mesh";
import { EVENTS, encode } from "@flock/proto";
import { InferenceCompleted } from "@flock/proto/events";
import { REPOSITORY_ROOT } from "@flock/provision";
import { createTestDirectory, eventually, type TestDirectory } from "@flock/provision/testing";
import { createFlock, type Flock, FlockApiError, readWithdrawal } from "@flockollamas/sdk";
import { verifyEpochStatement, verifyReceipt, verifyReserves } from "@flockollamas/sdk/verify";
import { EnrollingWorker } from "./enrolling-worker.js";
import { MoneyApi } from "./money-api.js";
import { offer } from "./offered-model.js";
import { receiptOf, SIGNER } from "./signed-receipt.js";
import { PLAIN_MODEL } from "./start-test-api.js";

const run = promisify(execFile);
const PARTY = { kind: "worker", id: syntheticId("worker", 1) } as const;

describe("the SDK, against a real api", () => {
  let money: MoneyApi;
  let directory: TestDirectory;
  let url: string;
  let wallet: Identity;
  let flock: Flock;
  let apiKey: string;

  beforeAll(async () => {
    directory = await createTestDirectory();
    const file = join(directory.path, "issuer.json");
    await writeFile(file, JSON.stringify(workerIssuer(createTree())));
    const enrolling = { API_WORKER_ISSUER_FILE: file, API_WORKER_NATS_URLS: "nats://nats.example" };
    money = await MoneyApi.start([enrolling, {}]);
    url = money.apis[0].baseUrl;
    await offer(money.mesh, PLAIN_MODEL);
    wallet = generateIdentity();
    money.ledger.give(wallet.id, 5_000_000n);
    const anybody = createFlock({ url });
    const { message } = await anybody.signIn.challenge(wallet.id);
    const { sessionToken, account } = await anybody.signIn.open({
      message,
      signature: wallet.sign(Buffer.from(message)),
    });
    expect(account).toBe(wallet.id);
    flock = anybody.withToken(sessionToken);
    ({ apiKey } = await flock.keys.create({ label: "examples", budgetMonthMicro: 10n ** 15n }));
  }, 120_000);
  afterAll(async () => {
    await money?.stop();
    await directory?.remove();
  });

  /** A job with this receipt. */
  const answered = async (
    ...receipt: Parameters<typeof receiptOf> extends [string, ...infer Rest] ? Rest : never
  ) => {
    money.apis[0].requester.onJob = (job) => {
      job.chunk("hello");
      job.end({ receipt: receiptOf(job.spec.jobId, ...receipt), privacy: "plaintext" });
    };
    const response = await fetch(`${url}/api/generate`, {
      method: "POST",
      headers: { authorization: `Bearer ${apiKey}` },
      body: JSON.stringify({ model: PLAIN_MODEL.name, prompt: "hello", stream: false }),
    });
    expect(response.status).toBe(200);
    return response.headers.get("x-flock-job-id") ?? "";
  };

  it("moves amounts once, however often it is asked, and exactly", async () => {
    const id = "0b9c2f0e-5a51-4f0a-9d0c-6a4b5f7c8d9e";
    const first = await flock.stakes.stake({ id, amountMicro: 7n });
    expect(await flock.stakes.stake({ id, amountMicro: 7n })).toEqual(first);
    expect(money.ledger.stakes).toHaveLength(1);
    const other = await flock.stakes.stake({ id, amountMicro: 8n }).catch((cause: unknown) => cause);
    expect(other).toBeInstanceOf(FlockApiError);
    expect(other).toMatchObject({ status: 409, code: "already_exists" });
    const tooMuch = flock.stakes.stake({ amountMicro: 10n ** 15n });
    const details = { neededMicro: 10n ** 15n, availableMicro: 4_999_993n };
    await expect(tooMuch).rejects.toMatchObject({ code: "insufficient_funds", details });
  });

  it("goes through every page of a list", async () => {
    const ids = new Set<string>();
    const pages = flock.statement.list({ account: "wallet" });
    let cursor: string | undefined;
    do {
      const page = await pages.page({ cursor, limit: 1 });
      for (const { id } of page.rows) ids.add(id);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    const all: string[] = [];
    for await (const { id } of pages) all.push(id);
    expect(all).toEqual([...ids]);
    expect(all.length).toBeGreaterThan(1);
  });

  describe("verifies", () => {
    it("a receipt that the worker itself has signed, and none that was altered", async () => {
      const receipt = await flock.jobs.receipt(await answered());
      const facts = { worker: SIGNER.id, payout: SIGNER.id, jobId: receipt.jobId, completionTokens: 1 };
      expect(await verifyReceipt(receipt)).toMatchObject({ verdict: "verified", facts });
      const altered: Partial<typeof receipt>[] = [
        { completionTokens: 2 },
        { workerKey: wallet.id },
        { signedReceipt: receipt.signedReceipt.replace(/^(.{12})./, "$1/") },
        { signedReceipt: "" },
      ];
      for (const change of altered)
        expect(await verifyReceipt({ ...receipt, ...change })).toMatchObject({ verdict: "refuted" });
    });

    it("a receipt down to the wallet, by the delegation of the key that signed", async () => {
      const post = async (path: string, body: object) => money.ask("POST", path, { body });
      const worker = new EnrollingWorker(post, systemClock);
      expect((await worker.delegate()).status).toBe(200);
      const own = { workerId: worker.wallet.id, payeeId: worker.payout, finishedUnixMs: Date.now() };
      const receipt = await flock.jobs.receipt(await answered(own, worker.key));
      expect(await verifyReceipt(receipt)).toMatchObject({
        verdict: "verified",
        facts: { worker: worker.wallet.id, payout: worker.payout, signer: worker.key.id },
      });
      const { text = "", signature = "" } = receipt.delegation ?? {};
      const refused = [
        { text: text.replace(/^payout: .*$/m, `payout: ${wallet.id}`), signature },
        { text: text.replace(/^wallet: .*$/m, `wallet: ${wallet.id}`), signature },
        { text, signature: "1".repeat(64) },
      ];
      for (const delegation of refused)
        expect(await verifyReceipt({ ...receipt, delegation })).toMatchObject({ verdict: "refuted" });
      const late = await flock.jobs.receipt(await answered({ ...own, finishedUnixMs: 1 }, worker.key));
      expect(await verifyReceipt(late)).toMatchObject({ why: "the signer might not sign at that time" });
      expect(await verifyReceipt({ ...receipt, delegation: null })).toMatchObject({ verdict: "unavailable" });
    });

    it("reserves that the treasury has signed, and that the api tells as they were signed", async () => {
      const reserves = await flock.reserves.get();
      const verdictOf = async (change: Partial<typeof reserves>, treasury = money.treasury.address) =>
        (await verifyReserves({ ...reserves, ...change }, { treasury })).verdict;
      expect(await verdictOf({})).toBe("verified");
      expect(await verdictOf({}, wallet.id)).toBe("refuted");
      expect(await verdictOf({ statement: `${reserves.statement} ` })).toBe("refuted");
      expect(await verdictOf({ slot: reserves.slot + 1 })).toBe("refuted");
      expect(await verdictOf({ signature: "l" })).toBe("refuted");
    });

    it("an epoch's statement as it comes, against its root", async () => {
      const lines: string[] = [];
      const { root } = writeSyntheticEpoch(
        { jobs: 90, workers: 3, accounts: 2, stakers: 2, seed: 5 },
        (text) => lines.push(text.trimEnd()),
      );
      money.ledger.epochs.statement = [lines.slice(0, 40), lines.slice(40)];
      const proven = await verifyEpochStatement(flock.epochs.statement(0), { root, party: PARTY });
      expect(proven).toMatchObject({ verdict: "verified", facts: { root, lines: lines.length } });
      const other = verifyEpochStatement(flock.epochs.statement(0), { root: "ab".repeat(32), party: PARTY });
      expect(await other).toMatchObject({ verdict: "refuted", why: expect.stringContaining("root") });
      money.ledger.epochs.unreadable = 1;
      const broken = verifyEpochStatement(flock.epochs.statement(0), { root, party: PARTY });
      await expect(broken).rejects.toMatchObject({ name: "FlockConnectionError" });
    });
  });

  describe("as the examples use it:", () => {
    /** Runs an example as its reader would. */
    const example = (name: string, args: readonly string[] = [], at = url) =>
      run(process.execPath, [join(REPOSITORY_ROOT, "packages/sdk/examples", name), ...args], {
        env: { FLOCK_URL: at, FLOCK_TOKEN: apiKey },
        timeout: 30_000,
      });

    it("chat.mjs talks by Ollama's client, and tells what it cost", async () => {
      money.apis[0].requester.onJob = (job) => {
        job.chunk("Once ");
        job.chunk("there was a llama.");
        job.end({ chargeMicro: 1_500n });
      };
      const { stdout } = await example("chat.mjs", [PLAIN_MODEL.name, "a story"]);
      expect(stdout).toContain("Once there was a llama.");
      expect(stdout).toMatch(/\n2 tokens by w-\w+ in [\d.]+ ms\n0\.0015 LLAMA of 4\.99\d+\n/);
    });

    it("usage-table.mjs adds up exactly", async () => {
      const [{ id: keyId } = { id: "" }] = await flock.keys.list();
      const prices = { promptPriceMicro: 2n, completionPriceMicro: 10n ** 12n };
      const job = { keyId, accountId: wallet.id, workerId: "worker", model: "flock-tiny:latest", ...prices };
      const tokens = { promptTokens: 10, completionTokens: 5, finishedUnixMs: Date.now() };
      const jobs = ["a", "b"].map((jobId) => ({ ...job, ...tokens, jobId }));
      const event = InferenceCompleted.fromPartial({ version: 1, requesterId: "api-1", jobs });
      await jetstreamOf(money.mesh).publish(EVENTS.inferenceCompleted, encode(InferenceCompleted, event));
      await eventually("both are counted", async () => (await flock.usage.get()).usage[0]?.requests === 2n);
      const { stdout } = await example("usage-table.mjs");
      expect(stdout.split("\n").slice(1)).toEqual([
        "key\tmodel\trequests\ttokens\tLLAMA",
        `${keyId}\tflock-tiny:latest\t2\t30\t10000000.00004`,
        "in all 10000000.00004 LLAMA",
        "",
      ]);
    });

    it("withdraw.mjs signs what it shows", async () => {
      const file = join(directory.path, "wallet.json");
      await writeFile(file, JSON.stringify([...wallet.secretKey()]));
      const to = generateIdentity().id;
      const { stdout } = await example("withdraw.mjs", [file, "0.25", to]);
      expect(stdout).toContain("\n0.25 LLAMA: reserved\n");
      const shown = readWithdrawal(stdout.split("\n\n")[0] ?? "");
      expect(shown).toMatchObject({ account: wallet.id, amount: 250_000n, to });
      expect(money.treasury.payouts.at(-1)).toMatchObject({ recipient: to, amountMicro: 250_000n });
    });

    it("verify-receipt.mjs passes what is proven alone", async () => {
      const id = await answered();
      const { stdout } = await example("verify-receipt.mjs", [id]);
      expect(stdout).toContain(`verified: 1 tokens of ${PLAIN_MODEL.name} by ${SIGNER.id}\n`);
      const strange = await answered({}, generateIdentity());
      const failure: unknown = await example("verify-receipt.mjs", [strange]).catch(
        (cause: unknown) => cause,
      );
      expect(failure).toMatchObject({ code: 1, stdout: expect.stringContaining("unavailable: ") });
    });

    it("watch.mjs shows second by second", async () => {
      const counts = { workers: 1, slots: 4, busy: 1, draining: 0, waiting: 0, tokens: 42, jobs: 0 };
      const frame = { at: "2026-11-22T00:00:00.000Z", seq: 7, totals: counts, models: [], other: null };
      // The feed itself is tried where it is made.
      const feed = createServer((_request, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write(`id: 7\nevent: frame\ndata: ${JSON.stringify(frame)}\n\n`);
      }).listen(0, "127.0.0.1");
      await once(feed, "listening");
      const at = `http://127.0.0.1:${(feed.address() as AddressInfo).port}`;
      const { stdout } = await example("watch.mjs", ["1"], at);
      expect(stdout).toBe("2026-11-22T00:00:00.000Z  1/4 slots  0 waiting  42 tokens\n");
      feed.close();
      feed.closeAllConnections();
    });
  });

  it("signs out", async () => {
    await flock.signIn.signOut();
    await eventually("the session is over", async () => {
      const outcome = await flock.account.get().catch((cause: unknown) => cause);
      return outcome instanceof FlockApiError && outcome.code === "unauthenticated";
    });
  });
});
