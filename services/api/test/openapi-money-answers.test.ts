import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createTree, workerIssuer } from "@flock/access";
import { generateIdentity, type Identity } from "@flock/keys";
import { banWorker, systemClock } from "@flock/mesh";
import { microLlama } from "@flock/money";
import { claimText, withdrawalText } from "@flock/orders";
import { createTestDirectory, eventually, type TestDirectory } from "@flock/provision/testing";
import { AnswerChecker } from "./answer-checker.js";
import { jobsEnded } from "./ended-jobs.js";
import { EnrollingWorker } from "./enrolling-worker.js";
import { earnedOn } from "./fake-ledger.js";
import { depositFrom, GENESIS_HASH, payoutFrom } from "./fake-treasury.js";
import { MoneyApi, signed } from "./money-api.js";
import { offer } from "./offered-model.js";
import { receiptOf } from "./signed-receipt.js";
import { PLAIN_MODEL } from "./start-test-api.js";
import { tellLoad } from "./told-load.js";

const PREFIX = "/flock/v1";
const UNKNOWN_ID = "0b9c2f0e-5a51-4f0a-9d0c-6a4b5f7c8d9e";

describe("answers of accounts and money are as they are described", () => {
  let money: MoneyApi;
  let directory: TestDirectory;
  let checker: AnswerChecker;
  let wallet: Identity;
  let token: string;

  beforeAll(async () => {
    // The second one lets nobody read more than once in a minute.
    directory = await createTestDirectory();
    const file = join(directory.path, "issuer.json");
    await writeFile(file, JSON.stringify(workerIssuer(createTree())));
    money = await MoneyApi.start([
      {
        API_WORKER_ISSUER_FILE: file,
        API_WORKER_NATS_URLS: "nats://nats.example",
        API_GROUP_MIN: "1",
      },
      { API_UNLIMITED_CLIENTS: "192.0.2.1", API_OPEN_READS_PER_MINUTE: "1" },
    ]);
    checker = await AnswerChecker.of(money.apis[0].baseUrl);
    ({ wallet, token } = await money.signIn());
    const { ledger, treasury } = money;
    ledger.give(wallet.id, 1_000_000n);
    ledger.balances.set(`vested:${wallet.id}`, 1_000n).set(`stake:${wallet.id}`, 1_000n);
    ledger.earnings.set(wallet.id, [earnedOn(new Date().toISOString().slice(0, 10))]);
    treasury.payouts.push(payoutFrom(wallet.id, "5f7c8d9e-5a51-4f0a-9d0c-6a4b0b9c2f0e"));
    treasury.deposits.push(depositFrom(wallet.id, wallet.id), depositFrom(wallet.id, ""));
    money.router.idle(wallet.id, PLAIN_MODEL.name, Date.now());
    await offer(money.mesh, PLAIN_MODEL);
  }, 120_000);
  afterAll(async () => {
    await money?.stop();
    await directory?.remove();
  });

  const init = (body?: object, more: Record<string, string> = {}): RequestInit => ({
    headers: { authorization: `Bearer ${token}`, ...more },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const ask = async (method: string, path: string, given: RequestInit = init(), url = path) => {
    const { status, faults, text } = await checker.ask(method, PREFIX + path, given, PREFIX + url);
    expect([method, url, faults]).toEqual([method, url, []]);
    return { status, text };
  };
  const takes = async (method: string, path: string, body?: object, url = path) => {
    const { status, text } = await ask(method, path, init(body), url);
    expect([method, url, status, text]).toEqual([method, url, 200, text]);
    return JSON.parse(text);
  };
  const order = () => ({ network: GENESIS_HASH, account: wallet.id, expiresMs: Date.now() + 60_000 });
  const handedIn = (text: string) => ({ text, signature: signed(wallet, text) });

  it("signing in and out", async () => {
    const own = generateIdentity();
    const { message } = await takes("POST", "/sign-in/challenge", { address: own.id });
    const session = await takes("POST", "/sign-in", { message, signature: signed(own, message) });
    const leaving = { headers: { authorization: `Bearer ${session.session_token}` } };
    expect((await ask("POST", "/sign-out", leaving)).status).toBe(200);
    for (const path of ["/sign-in/challenge", "/sign-in", "/sign-out"])
      expect(
        (await ask("POST", path, { ...init(), body: '{"address": 1, "message": 1, "everywhere": 1}' }))
          .status,
      ).toBe(400);
  });

  it.each([
    "/account",
    "/statement",
    "/deposit",
    "/deposits",
    "/earnings",
    "/usage",
    "/withdrawals",
    "/workers",
    "/keys",
  ])("what an account is told at %s", async (path) => {
    await takes("GET", path);
    expect((await ask("GET", path, {})).status).toBe(401);
  });

  it("lists with items in them", async () => {
    expect((await takes("GET", "/statement")).transfers.length).toBeGreaterThan(0);
    expect((await takes("GET", "/deposits", undefined, "/deposits?suspended=true")).deposits).toHaveLength(1);
    expect((await takes("GET", "/deposits")).deposits).toHaveLength(1);
    expect((await takes("GET", "/earnings")).earnings).toHaveLength(1);
    expect((await takes("GET", "/workers")).workers).toHaveLength(1);
    expect((await takes("GET", "/withdrawals")).withdrawals.length).toBeGreaterThan(0);
  });

  it("one withdrawal", async () => {
    const { withdrawals } = await takes("GET", "/withdrawals");
    await takes("GET", "/withdrawals/{id}", undefined, `/withdrawals/${withdrawals[0].id}`);
    expect((await ask("GET", "/withdrawals/{id}", init(), `/withdrawals/${UNKNOWN_ID}`)).status).toBe(404);
  });

  it("jobs, one that has a receipt and one that nothing is known of", async () => {
    const { api_key: apiKey } = await takes("POST", "/keys");
    for (const isSigned of [true, false]) {
      const end = (jobId: string) =>
        isSigned ? ({ receipt: receiptOf(jobId), privacy: "plaintext" } as const) : {};
      money.apis[0].requester.onJob = (job) => job.end(end(job.spec.jobId));
      const answer = await fetch(`${money.apis[0].baseUrl}/api/generate`, {
        method: "POST",
        headers: { authorization: `Bearer ${apiKey}` },
        body: JSON.stringify({ model: PLAIN_MODEL.name, prompt: "hello", stream: false }),
      });
      const id = answer.headers.get("x-flock-job-id");
      await takes("GET", "/jobs/{id}", undefined, `/jobs/${id}`);
      const receipt = await ask("GET", "/jobs/{id}/receipt", init(), `/jobs/${id}/receipt`);
      expect(receipt.status).toBe(isSigned ? 200 : 404);
    }
    await eventually("both are kept", async () => (await takes("GET", "/jobs")).jobs.length === 2);
    expect((await ask("GET", "/jobs/{id}", init(), `/jobs/${UNKNOWN_ID}`)).status).toBe(404);
    expect((await ask("GET", "/jobs", init(), "/jobs?limit=0")).status).toBe(400);
    const { keys } = await takes("GET", "/keys");
    for (const { id } of keys) await takes("DELETE", "/keys/{id}", undefined, `/keys/${id}`);
  });

  it("keys", async () => {
    const { id } = await takes("POST", "/keys", {
      label: "x",
      models: ["a"],
      budget_day_micro: "5",
      streams_max: 1,
    });
    await takes("POST", "/keys");
    expect((await takes("GET", "/keys")).keys).toHaveLength(3);
    await takes("PATCH", "/keys/{id}", { label: "y", expires_at: null }, `/keys/${id}`);
    await takes("DELETE", "/keys/{id}", undefined, `/keys/${id}`);
    expect((await ask("POST", "/keys", init({ scopes: ["x"] }))).status).toBe(400);
    const faultOf = (scopes: readonly string[]) =>
      checker.described.faultOfBody("POST", `${PREFIX}/keys`, { scopes });
    expect([faultOf(["inference", "manage_keys"]), typeof faultOf(["x"])]).toEqual([undefined, "string"]);
    for (const method of ["PATCH", "DELETE"])
      expect((await ask(method, "/keys/{id}", init({ label: "z" }), `/keys/${UNKNOWN_ID}`)).status).toBe(404);
  });

  it("moves of money", async () => {
    await takes("POST", "/stakes", { id: randomUUID(), amount_micro: "5" });
    await takes("POST", "/collects", { id: randomUUID(), amount_micro: "5" });
    const unstake = [
      "FlockOllamas unstake",
      `network: ${GENESIS_HASH}`,
      `account: ${wallet.id}`,
      "amount: 5",
      `id: ${randomUUID()}`,
      `expires: ${new Date(Date.now() + 60_000).toISOString()}`,
    ].join("\n");
    await takes("POST", "/unstakes", handedIn(unstake));
    expect((await takes("GET", "/account")).cooling.releases).toHaveLength(1);
    const withdrawal = withdrawalText({
      ...order(),
      amount: microLlama(5n),
      to: wallet.id,
      id: randomUUID(),
    });
    await takes("POST", "/withdrawals", handedIn(withdrawal));
    const suspended = money.treasury.deposits.find(({ accountId }) => accountId === "");
    await takes(
      "POST",
      "/claims",
      handedIn(claimText({ ...order(), deposit: suspended?.signature ?? "", to: wallet.id })),
    );
  });

  it("moves of money that are refused", async () => {
    for (const path of ["/stakes", "/collects"])
      expect((await ask("POST", path, init({ id: randomUUID(), amount_micro: "5000000000" }))).status).toBe(
        402,
      );
    for (const path of ["/withdrawals", "/unstakes", "/claims"])
      expect((await ask("POST", path, init({ text: "x", signature: "y" }))).status).toBe(400);
  });

  it("workers that enrol", async () => {
    const post = async (path: string, body: object) => {
      const { status, text } = await ask("POST", path, init(body));
      return { status, body: JSON.parse(text) };
    };
    const worker = new EnrollingWorker(post, systemClock);
    for (const answer of [await worker.delegate(), await worker.openSession()])
      expect([answer.status, answer.body]).toEqual([200, answer.body]);
    const [stranger, { wallet: somebody }] = [new EnrollingWorker(post, systemClock), worker];
    expect((await stranger.delegate({ by: somebody })).status).toBe(401);
    expect((await stranger.openSession()).status).toBe(401);
    await banWorker(money.mesh, somebody.id, { reason: "forged a receipt", unixMs: Date.now() });
    expect((await worker.openSession()).status).toBe(403);
    await eventually("the api has heard", async () => (await worker.delegate()).status === 403);
    for (const path of ["/workers/challenges", "/workers/delegations", "/workers/sessions"])
      expect((await post(path, { wallet: 1, text: 1 })).status).toBe(400);
  });

  it("what everybody is told", async () => {
    await takes("GET", "/network");
    await jobsEnded(money.mesh, [{ model: PLAIN_MODEL.name }]);
    const hush = tellLoad(money.mesh, [{ model: PLAIN_MODEL.name, waiting: 1 }]);
    const named = `/models/${encodeURIComponent(PLAIN_MODEL.name)}`;
    await eventually("figures are there", async () => {
      const { model } = await takes("GET", "/models/{model}", undefined, named);
      return model.waiting === 1 && model.wait_ms !== null && model.hours.length === 1;
    });
    const [model] = (await takes("GET", "/models")).models;
    expect(model).toMatchObject({ workers: { all: 1 }, slots: { all: 1 } });
    expect((await ask("GET", "/models/{model}", init(), "/models/nobody-has-it")).status).toBe(404);
    expect((await ask("GET", "/live")).status).toBe(200);
    expect((await takes("GET", "/network")).live).toMatchObject({ workers: 1 });
    hush();
    await takes("GET", "/reserves");
    await takes("GET", "/status");
    const verdict = `/trust/verdicts/${money.verifier.reach(wallet.id)}`;
    await takes("GET", "/trust");
    expect((await takes("GET", "/trust/verdicts")).verdicts).toHaveLength(1);
    expect((await ask("GET", "/trust/verdicts", {}, "/trust/verdicts?limit=0")).status).toBe(400);
    await takes("GET", "/trust/verdicts/{id}", undefined, verdict);
    await takes("GET", "/trust/verdicts/{id}/evidence", undefined, `${verdict}/evidence`);
    const unknown = `/trust/verdicts/${UNKNOWN_ID}`;
    expect((await ask("GET", "/trust/verdicts/{id}", {}, unknown)).status).toBe(404);
    expect((await ask("GET", "/trust/verdicts/{id}/evidence", {}, `${unknown}/evidence`)).status).toBe(404);
    expect(await checker.ask("GET", "/status")).toMatchObject({ status: 200, faults: [] });
    expect((await takes("GET", "/epochs")).epochs.length).toBeGreaterThan(1);
    for (const number of [0, 1, 2]) await takes("GET", "/epochs/{number}", undefined, `/epochs/${number}`);
    expect((await ask("GET", "/epochs/{number}/statement", {}, "/epochs/0/statement")).status).toBe(200);
    expect((await ask("GET", "/epochs/{number}/statement", {}, "/epochs/2/statement")).status).toBe(400);
    expect((await ask("GET", "/epochs/{number}", {}, "/epochs/x")).status).toBe(400);
    expect((await ask("GET", "/epochs", {}, "/epochs?limit=0")).status).toBe(400);
  });

  it("the documentation", async () => {
    for (const { path, method } of checker.described
      .operations()
      .filter(({ operation }) => operation.tags.includes("docs"))) {
      const url = path.replace("{file}", "money.proto");
      expect([path, await checker.ask(method, path, {}, url)]).toMatchObject([
        path,
        { status: 200, faults: [] },
      ]);
    }
  });

  it("further requests of somebody who has asked too often", async () => {
    const [, limited] = money.apis;
    await fetch(`${limited.baseUrl}/docs`);
    const open = checker.described
      .operations()
      .filter(({ method, operation }) => method === "GET" && operation.security.length === 0)
      .filter(({ path }) => !["/", "/api/version", "/console", "/console/{page}"].includes(path));
    expect(open.length).toBeGreaterThan(8);
    for (const { path } of open) {
      const url = path.replace(/\{[a-z]+\}/, "0");
      const { status, faults } = await checker.ask("GET", path, {}, url, limited.baseUrl);
      expect([path, status, faults]).toEqual([path, 429, []]);
    }
  });

  it("of every route at least one, and one error", () => {
    expect(checker.unseen(["flock", "docs"])).toEqual([]);
  });
});
