import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createTree, workerIssuer } from "@flock/access";
import { generateIdentity, type Identity } from "@flock/keys";
import { systemClock } from "@flock/mesh";
import { microLlama } from "@flock/money";
import { unstakeText } from "@flock/orders";
import { createTestDirectory, eventually, type TestDirectory } from "@flock/provision/testing";
import { API_KEYS, SESSION_TOKENS } from "../src/keys/bearer-secret.js";
import { EnrollingWorker } from "./enrolling-worker.js";
import { GENESIS_HASH } from "./fake-treasury.js";
import { MoneyApi, signed } from "./money-api.js";

const LIMITS = {
  API_UNLIMITED_CLIENTS: "",
  API_OPEN_READS_PER_MINUTE: "5",
  API_OPEN_WRITES_PER_MINUTE: "3",
  API_WRONG_KEYS_PER_MINUTE: "4",
  API_WALLET_TEXTS_PER_MINUTE: "2",
};
/** The api behind a proxy, which is the test. */
const PROXIED = 0;
/** The api that believes no proxy. */
const DIRECT = 1;

/** Whether so many clients of the proxied api have gone in the middle of an answer. */
function isLoggedAsGone({ apis }: MoneyApi, count: number): boolean {
  return apis[PROXIED].logs.filter((line) => JSON.parse(line).status === 499).length >= count;
}

let lastClient = 0;
/** An address that no other test sends from. */
function freshClient(): string {
  lastClient += 1;
  return `192.0.2.${lastClient}`;
}

describe("the limits of open routes", () => {
  let money: MoneyApi;
  let directory: TestDirectory;
  beforeAll(async () => {
    directory = await createTestDirectory();
    const file = join(directory.path, "issuer.json");
    await writeFile(file, JSON.stringify(workerIssuer(createTree())));
    const enrolling = { API_WORKER_ISSUER_FILE: file, API_WORKER_NATS_URLS: "nats://nats.example" };
    const proxied = { ...LIMITS, ...enrolling, API_TRUSTED_PROXIES: "127.0.0.1" };
    money = await MoneyApi.start([proxied, LIMITS]);
  }, 120_000);
  afterAll(async () => {
    await money?.stop();
    await directory?.remove();
  });

  const from = (client: string) => ({ "x-forwarded-for": client });
  const challenge = (client: string, api: 0 | 1 = PROXIED) =>
    money.ask("POST", "/sign-in/challenge", {
      body: { address: generateIdentity().id },
      headers: from(client),
      api,
    });
  const statusesOf = async (clients: readonly string[], api: 0 | 1 = PROXIED) => {
    const statuses: number[] = [];
    for (const client of clients) statuses.push((await challenge(client, api)).status);
    return statuses;
  };
  const unstakeOf = (wallet: Identity) => {
    const order = { network: GENESIS_HASH, account: wallet.id, amount: microLlama(1n), id: randomUUID() };
    return unstakeText({ ...order, expiresMs: Date.now() + 60_000 });
  };

  it("an address that shows too many wrong keys gets 429, and known keys go on from there", async () => {
    const client = freshClient();
    const { token } = await money.signIn();
    const { body } = await money.ask("POST", "/keys", { token, headers: from(freshClient()) });
    const show = (key: string) => money.ask("GET", "/account", { token: key, headers: from(client) });
    expect((await show(body.api_key)).status).toBe(200);
    const wrong = [API_KEYS.create(), SESSION_TOKENS.create(), "sk-guess", API_KEYS.create()];
    const statuses: number[] = [];
    for (const key of wrong) statuses.push((await show(key)).status);
    expect(statuses).toEqual([401, 401, 401, 401]);
    const refused = await show(API_KEYS.create());
    expect(refused).toMatchObject({
      status: 429,
      body: { error: { message: "too many wrong API keys from your address: 4 per minute are looked at" } },
    });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await show(body.api_key)).status).toBe(200);
    const elsewhere = { token: API_KEYS.create(), headers: from(freshClient()) };
    expect((await money.ask("GET", "/account", elsewhere)).status).toBe(401);
  });

  it("a client that sends too much gets 429, and is told precisely when to try again", async () => {
    const client = freshClient();
    expect(await statusesOf([client, client, client])).toEqual([200, 200, 200]);
    const refused = await challenge(client);
    expect(refused).toMatchObject({
      status: 429,
      body: {
        error: {
          code: "resource_exhausted",
          message: expect.stringContaining("it may send 3 requests per minute"),
        },
      },
    });
    const { retry_after_ms: retryAfterMs } = refused.body.error;
    expect(retryAfterMs).toBeGreaterThan(0);
    expect(retryAfterMs).toBeLessThanOrEqual(20_000);
    expect(refused.headers.get("retry-after-ms")).toBe(String(retryAfterMs));
    expect(refused.headers.get("retry-after")).toBe(String(Math.ceil(retryAfterMs / 1_000)));
  });

  it("each client has limits of its own, whatever route it asks, and others for reads", async () => {
    const client = freshClient();
    for (const path of ["/withdrawals", "/workers/challenges", "/workers/sessions"])
      expect((await money.ask("POST", path, { body: {}, headers: from(client) })).status).toBe(400);
    expect((await challenge(client)).status).toBe(429);
    for (const path of ["/network", "/epochs", "/epochs/0", "/reserves", "/network"])
      expect([path, (await money.ask("GET", path, { headers: from(client) })).status]).toEqual([path, 200]);
    expect((await money.ask("GET", "/network", { headers: from(client) })).status).toBe(429);
    expect((await challenge(freshClient())).status).toBe(200);
  });

  it("a /64 counts as one client", async () => {
    const own = ["2001:db8:7::1", "2001:db8:7::2", "2001:db8:7:0:ffff::3", "2001:db8:7::4"];
    expect(await statusesOf(own)).toEqual([200, 200, 200, 429]);
    expect(await statusesOf(["2001:db8:7:1::1"])).toEqual([200]);
  });

  it("a trusted proxy is believed, and not what its client has put before it", async () => {
    const client = freshClient();
    const forged = Array.from({ length: 4 }, () => `${freshClient()}, ${client}`);
    expect(await statusesOf(forged)).toEqual([200, 200, 200, 429]);
  });

  it("a client with a session has no such limits, nor has what costs nothing", async () => {
    const [one, other] = [freshClient(), freshClient()];
    const wallet = generateIdentity();
    const headers = from(one);
    const given = await money.ask("POST", "/sign-in/challenge", { body: { address: wallet.id }, headers });
    const { message } = given.body;
    const body = { message, signature: signed(wallet, message) };
    const token = (await money.ask("POST", "/sign-in", { body, headers })).body.session_token;
    for (let request = 0; request < 10; request += 1) {
      expect((await money.ask("GET", "/keys", { token, headers: from(other) })).status).toBe(200);
      expect((await fetch(`${money.apis[PROXIED].baseUrl}/`, { headers: from(other) })).status).toBe(200);
    }
  });

  it("a client reads two statements at once, so that slow ones keep nobody else out", async () => {
    money.ledger.epochs.statement = Array.from({ length: 500 }, () => Array(64).fill("x".repeat(1_023)));
    const [slow, other] = [freshClient(), freshClient()];
    const url = `${money.apis[PROXIED].baseUrl}/flock/v1/epochs/0/statement`;
    const stop = new AbortController();
    const open = (client: string) => fetch(url, { headers: from(client), signal: stop.signal });
    const unread = [await open(slow), await open(slow)];
    expect(unread.map(({ status }) => status)).toEqual([200, 200]);
    expect(await money.ask("GET", "/epochs/0/statement", { headers: from(slow) })).toMatchObject({
      status: 429,
      body: { error: { message: "too many statements at once: 2 are being sent to your address" } },
    });
    expect((await open(other)).status).toBe(200);
    stop.abort();
    money.ledger.epochs.statement = [["a"]];
    await eventually("the places are free", () => isLoggedAsGone(money, 3));
    expect((await money.ask("GET", "/epochs/0/statement", { headers: from(slow) })).body).toBe("a\n");
  });

  it("each wallet has limits, too, from wherever it sends what it signed", async () => {
    const wallet = generateIdentity();
    money.ledger.balances.set(`stake:${wallet.id}`, 100n);
    const send = (text: string, signer: Identity) =>
      money.ask("POST", "/unstakes", {
        body: { text, signature: signed(signer, text) },
        headers: from(freshClient()),
      });
    // What others send in its name is not counted: they could lock it out.
    for (let forgery = 0; forgery < 5; forgery += 1)
      expect((await send(unstakeOf(wallet), generateIdentity())).status).toBe(401);
    for (let order = 0; order < 2; order += 1)
      expect((await send(unstakeOf(wallet), wallet)).status).toBe(200);
    expect(await send(unstakeOf(wallet), wallet)).toMatchObject({
      status: 429,
      body: { error: { message: expect.stringContaining("too many requests of this wallet") } },
    });
    expect(money.ledger.unstakes.filter(({ owner }) => owner === wallet.id)).toHaveLength(2);
  });

  it("each worker's key has its own limits, and takes nothing from what its wallet may sign", async () => {
    const worker = new EnrollingWorker(
      (path, body) => money.ask("POST", path, { body, headers: from(freshClient()) }),
      systemClock,
    );
    expect((await worker.delegate()).status).toBe(200);
    // What others send in the name of the key is not counted.
    for (let forgery = 0; forgery < 3; forgery += 1)
      expect((await worker.openSession({ by: generateIdentity() })).status).toBe(401);
    const statuses: number[] = [];
    for (let session = 0; session < 3; session += 1) statuses.push((await worker.openSession()).status);
    expect(statuses).toEqual([200, 200, 429]);
    expect((await worker.openSession()).body.error.message).toContain(
      "too many requests of this worker's key",
    );
    const again = [await worker.delegate(), await worker.delegate()];
    expect(again.map(({ status }) => status)).toEqual([200, 429]);
    expect(again[1]?.body.error.message).toContain("too many requests of this wallet");
  });

  it("the text of a refused sign-in stays good, for later or for another api", async () => {
    const wallet = generateIdentity();
    const signIn = async (api: 0 | 1, body: object) =>
      (await money.ask("POST", "/sign-in", { body, headers: from(freshClient()), api })).status;
    const answer = async () => {
      const body = { address: wallet.id };
      const given = await money.ask("POST", "/sign-in/challenge", { body, headers: from(freshClient()) });
      return { message: given.body.message, signature: signed(wallet, given.body.message) };
    };
    for (let session = 0; session < 2; session += 1) expect(await signIn(PROXIED, await answer())).toBe(200);
    const refused = await answer();
    expect(await signIn(PROXIED, refused)).toBe(429);
    expect(await signIn(DIRECT, refused)).toBe(200);
  });

  it("a client is known by its socket where no proxy is trusted, so that nobody gets round limits by a header", async () => {
    const clients = Array.from({ length: 4 }, freshClient);
    expect((await statusesOf(clients, DIRECT)).at(-1)).toBe(429);
  });

  it("the log is not filled by refusals", async () => {
    const client = freshClient();
    const answers = await Promise.all(Array.from({ length: 30 }, () => challenge(client)));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(27);
    const idOf = ({ headers }: { headers: Headers }) => headers.get("x-request-id");
    const last = await challenge(freshClient());
    const lines = () => money.apis[PROXIED].logs.map((line) => JSON.parse(line));
    await eventually("a later request is logged", () =>
      lines().some(({ requestId }) => requestId === idOf(last)),
    );
    const refusedIds = new Set(refused.map(idOf));
    expect(lines().filter(({ requestId }) => refusedIds.has(requestId))).toEqual([]);
    const warnings = lines().filter(({ msg }) => msg === "clients send too many open requests");
    expect(warnings.length).toBeGreaterThan(0);
    expect(warnings.length).toBeLessThan(refused.length);
  });
});
