import { writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { openBucket } from "@flock/mesh";
import { BUCKETS, encode, modelToken } from "@flock/proto";
import { CatalogueEntry } from "@flock/proto/catalogue";
import {
  AccountDefinition,
  InferenceDefinition,
  LedgerDefinition,
  ModelsDefinition,
} from "@flock/proto/public";
import { createTestDirectory, eventually, type TestDirectory } from "@flock/provision/testing";
import { API_KEYS } from "../src/keys/bearer-secret.js";
import { detailsOf, failureOf, GrpcTestClient } from "./grpc-client.js";
import { MoneyApi } from "./money-api.js";
import { PLAIN_MODEL } from "./start-test-api.js";

/** The api that serves guests, behind a proxy, which is the test. */
const OPEN = 0;
/** The api that serves nobody without a key. */
const CLOSED = 1;
const PER_MINUTE = 5;
const WORDS = "one two three four five six seven";

let lastClient = 0;
/** An address that no other test sends from. */
function freshClient(): string {
  lastClient += 1;
  return `198.51.100.${lastClient}`;
}

describe("guests", () => {
  let money: MoneyApi;
  let directory: TestDirectory;
  let keyFile: string;
  let guestKey: { readonly id: string; readonly token: string };

  beforeAll(async () => {
    directory = await createTestDirectory();
    keyFile = join(directory.path, "guest-key");
    const served = {
      API_GUEST_KEY_FILE: keyFile,
      API_GUEST_REQUESTS_PER_MINUTE: String(PER_MINUTE),
      API_GUEST_STREAMS_MAX: "2",
      API_GUEST_COMPLETION_TOKENS_MAX: "3",
      API_TRUSTED_PROXIES: "127.0.0.1",
      API_UNLIMITED_CLIENTS: "",
      API_OPEN_READS_PER_MINUTE: "30",
      API_CORS_ORIGINS: "https://app.example",
    };
    money = await MoneyApi.start([served, {}]);
    const models = await openBucket(money.mesh, BUCKETS.models);
    await models.put(modelToken(PLAIN_MODEL.name), encode(CatalogueEntry, PLAIN_MODEL));
    guestKey = await newGuestKey();
    await eventually("guests are served", async () => (await chat({})).status === 200);
  }, 120_000);
  afterAll(async () => {
    await money?.stop();
    await directory?.remove();
  });
  afterEach(() => {
    for (const job of money.apis[OPEN].requester.jobs) job.end();
  });

  /** Puts a key for guests into the file. */
  async function newGuestKey(limits: object = {}) {
    const { token } = await money.signIn();
    const made = await money.ask("POST", "/keys", { token, body: { scopes: ["inference"], ...limits } });
    await writeFile(keyFile, `${made.body.api_key}\n`, { mode: 0o600 });
    return { id: made.body.id as string, token };
  }

  const from = (client: string) => ({ "x-forwarded-for": client });
  const post = (path: string, body: object, headers: Record<string, string>, api: 0 | 1 = OPEN) =>
    fetch(`${money.apis[api].baseUrl}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  const chat = (headers: Record<string, string>, client = freshClient(), api: 0 | 1 = OPEN) =>
    post("/api/chat", CHAT, { ...from(client), ...headers }, api);
  /** What a refusal says. */
  const errorOf = async (refused: Response) => ((await refused.json()) as { readonly error: string }).error;
  const messages = [{ role: "user", content: WORDS }];
  const CHAT = { model: "flock-tiny", messages, stream: false, options: { num_predict: 100 } };

  const requests: [string, string, object | undefined, Record<string, string>][] = [
    ["Ollama's client", "/api/chat", CHAT, {}],
    ["Ollama's client that lists models", "/api/tags", undefined, {}],
    ["OpenAI's client", "/v1/chat/completions", { model: "flock-tiny", messages }, {}],
    ["OpenAI's client that has an empty key", "/v1/models", undefined, { authorization: "Bearer " }],
    [
      "Anthropic's client",
      "/v1/messages",
      { model: "flock-tiny", messages, max_tokens: 9 },
      { "x-api-key": "" },
    ],
  ];
  it.each(requests)("%s needs no key where guests are served, and one elsewhere", async (...asked) => {
    const [, path, body, own] = asked;
    const headers = { ...from(freshClient()), ...own };
    const ask = (api: 0 | 1) =>
      body === undefined
        ? fetch(`${money.apis[api].baseUrl}${path}`, { headers })
        : post(path, body, headers, api);
    expect((await ask(OPEN)).status).toBe(200);
    expect((await ask(CLOSED)).status).toBe(401);
  });

  it("get a short answer, whatever they ask for", async () => {
    const answer = await (await chat({})).json();
    expect(answer).toMatchObject({ message: { content: "one two three " }, done_reason: "length" });
  });

  it("are those who show nothing: a wrong key is a wrong key, and an account is nobody's", async () => {
    const wrong = [
      { authorization: `Bearer ${API_KEYS.create()}` },
      { authorization: "Bearer ollama" },
      { authorization: "Basic dXNlcjpwYXNz" },
    ];
    for (const headers of wrong) expect([headers, (await chat(headers)).status]).toEqual([headers, 401]);
    const inPath = await post(`/k/${API_KEYS.create()}/api/chat`, CHAT, from(freshClient()));
    expect(inPath.status).toBe(401);
    for (const path of ["/account", "/keys", "/jobs", "/usage", "/statement"])
      expect([path, (await money.ask("GET", path, { headers: from(freshClient()) })).status]).toEqual([
        path,
        401,
      ]);
  });

  it("of one address have a number of requests a minute, and are told so and how to get a key", async () => {
    const client = freshClient();
    for (let asked = 0; asked < PER_MINUTE; asked++) expect((await chat({}, client)).status).toBe(200);
    const refused = await chat({}, client);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await money.apis[OPEN].metrics()).toMatch(/^flock_api_guest_requests\S*result="refused"\S* 1$/m);
    expect(await errorOf(refused)).toMatch(
      /^too many requests: guests at your address may begin 5 per minute; you show no API key.*POST \/flock\/v1\/keys/,
    );
    expect((await chat({})).status).toBe(200);
  });

  it("of one address have a number of requests at once, and a place is free when one has ended", async () => {
    const { requester } = money.apis[OPEN];
    const answerAtOnce = requester.onJob;
    requester.jobs.length = 0;
    requester.onJob = () => {};
    const client = freshClient();
    try {
      const running = [chat({}, client), chat({}, client)];
      await eventually("two run", () => requester.jobs.length === 2);
      const refused = await chat({}, client);
      expect([refused.status, await errorOf(refused)]).toEqual([
        429,
        expect.stringMatching(/^too many requests at once: 2 of guests at your address may run, .*guest/),
      ]);
      for (const job of requester.jobs) job.end();
      await Promise.all(running);
      requester.onJob = answerAtOnce;
      expect((await chat({}, client)).status).toBe(200);
    } finally {
      requester.onJob = answerAtOnce;
    }
  });

  it("of one address may read lists so often, and no more", async () => {
    const headers = from(freshClient());
    const read = async () => (await fetch(`${money.apis[OPEN].baseUrl}/api/tags`, { headers })).status;
    const statuses: number[] = [];
    for (let asked = 0; asked < 40; asked++) statuses.push(await read());
    expect(statuses.slice(0, 30)).toEqual(Array(30).fill(200));
    expect(statuses).toContain(429);
  });

  it("are together bounded by their key's budget, and learn nothing of the account that pays", async () => {
    await newGuestKey({ budget_day_micro: "150" });
    await eventually("the new key is read", async () => (await chat({})).status === 402);
    const refused = await errorOf(await chat({}));
    expect(refused).toMatch(/^what guests may spend is used up for now; you show no API key/);
    expect(refused).not.toMatch(/LLAMA|0\.\d/);
    guestKey = await newGuestKey();
    await eventually("the new key is read", async () => (await chat({})).status === 200);
  });

  it("are nobody once their key is revoked, and served again once there is another", async () => {
    await money.ask("DELETE", `/keys/${guestKey.id}`, { token: guestKey.token });
    await eventually("no guest is served", async () => (await chat({})).status === 401);
    expect((await money.ask("GET", "/network", { headers: from(freshClient()) })).body.guests).toBeNull();
    guestKey = await newGuestKey();
    await eventually("guests are served again", async () => (await chat({})).status === 200);
  });

  it("are told of by the network", async () => {
    const guests = async (api: 0 | 1) =>
      (await money.ask("GET", "/network", { api, headers: from(freshClient()) })).body.guests;
    expect(await guests(OPEN)).toEqual({ requests_per_minute: PER_MINUTE, completion_tokens_max: 3 });
    expect(await guests(CLOSED)).toBeNull();
  });

  /** Sends a POST with these headers, `Host` among them, as a browser would that shows a page of this origin. */
  function asPage(headers: Record<string, string>): Promise<number> {
    const own = { ...from(freshClient()), "content-type": "text/plain", ...headers };
    return new Promise((resolve, reject) => {
      const sent = request(
        `${money.apis[OPEN].baseUrl}/api/chat`,
        { method: "POST", headers: own },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        },
      );
      sent.on("error", reject);
      sent.end(JSON.stringify(CHAT));
    });
  }

  it("are not made of people whose browser shows somebody else's page", async () => {
    const { host } = new URL(money.apis[OPEN].baseUrl);
    expect(await asPage({ origin: `http://${host}` })).toBe(200);
    expect(await asPage({ origin: "https://app.example" })).toBe(200);
    expect(await asPage({ origin: "https://evil.example" })).toBe(401);
    expect(await asPage({ origin: "null" })).toBe(401);
    // Its name was made to lead here.
    expect(await asPage({ origin: "http://evil.example:1", host: "evil.example:1" })).toBe(401);
  });

  it("call over gRPC, too: models, and nothing of an account", async () => {
    const clientOf = (apiKey?: string) => new GrpcTestClient(money.apis[OPEN].grpcAddress, apiKey);
    const [guest, wrong] = [clientOf(), clientOf(API_KEYS.create())];
    const elsewhere = new GrpcTestClient(money.apis[CLOSED].grpcAddress, undefined);
    const metadata = () => ({ metadata: from(freshClient()) });
    const { listModels } = ModelsDefinition.methods;
    const { chat: say } = InferenceDefinition.methods;
    const { getAccount } = AccountDefinition.methods;
    try {
      const { models } = await guest.ask(ModelsDefinition, listModels, {}, metadata());
      expect(Array.isArray(models)).toBe(true);
      const asked = { model: "flock-tiny", messages };
      const heard = await guest.stream(InferenceDefinition, say, asked, metadata()).all;
      expect(heard.map(({ text }) => text).join("")).toBe("one two three ");
      const { guests } = await guest.ask(
        LedgerDefinition,
        LedgerDefinition.methods.getNetwork,
        {},
        metadata(),
      );
      expect(guests).toMatchObject({ requestsPerMinute: PER_MINUTE, completionTokensMax: 3 });
      const refused = async (answer: Promise<unknown>) => detailsOf(await failureOf(answer)).info?.reason;
      const nobody = "UNAUTHENTICATED";
      expect(await refused(guest.ask(AccountDefinition, getAccount, {}, metadata()))).toBe(nobody);
      for (const client of [wrong, elsewhere])
        expect(await refused(client.ask(ModelsDefinition, listModels, {}, metadata()))).toBe(nobody);
    } finally {
      for (const client of [guest, wrong, elsewhere]) client.close();
    }
  });

  it("stand in the log as guests, with the key that they are served as", async () => {
    await chat({});
    const { id } = guestKey;
    await eventually("the line is there", () =>
      money.apis[OPEN].logs.some((line) => line.includes('"isGuest":true') && line.includes(id)),
    );
  });
});
