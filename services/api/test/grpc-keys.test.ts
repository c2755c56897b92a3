import { randomUUID } from "node:crypto";
import { generateIdentity } from "@flock/keys";
import { jetstreamOf } from "@flock/mesh";
import { EVENTS, encode } from "@flock/proto";
import { InferenceCompleted } from "@flock/proto/events";
import { AccountDefinition, KeyScope, SessionsDefinition, UsageGroup } from "@flock/proto/public";
import { eventually } from "@flock/provision/testing";
import { status } from "@grpc/grpc-js";
import { detailsOf, failureOf, GrpcTestClient } from "./grpc-client.js";
import { MoneyApi } from "./money-api.js";

const { createKey, listKeys, changeKey, revokeKey, getAccount, getUsage } = AccountDefinition.methods;
const { createChallenge, openSession } = SessionsDefinition.methods;
const NOW = Date.UTC(2026, 10, 22, 12);
const DAY_S = 86_400n;
const NONE = {
  scopes: [KeyScope.INFERENCE, KeyScope.READ_ACCOUNT],
  models: [],
  expiresAt: undefined,
  budgetDayMicro: 0n,
  budgetMonthMicro: 0n,
  requestsPerMinute: 0,
  tokensPerMinute: 0,
  streamsMax: 0,
};

describe("keys and their usage over gRPC", () => {
  let money: MoneyApi;
  let anybody: GrpcTestClient;
  const clients: GrpcTestClient[] = [];
  beforeAll(async () => {
    money = await MoneyApi.start([{}, {}], { nowMs: () => performance.now(), unixMs: () => NOW });
    anybody = clientWith(undefined);
  }, 120_000);
  afterAll(async () => {
    for (const client of clients) client.close();
    await money?.stop();
  });

  function clientWith(credential: string | undefined): GrpcTestClient {
    const client = new GrpcTestClient(money.apis[0].grpcAddress, credential);
    clients.push(client);
    return client;
  }

  async function signIn() {
    const wallet = generateIdentity();
    const { message } = await anybody.ask(SessionsDefinition, createChallenge, { address: wallet.id });
    const signature = wallet.sign(Buffer.from(message));
    const { sessionToken } = await anybody.ask(SessionsDefinition, openSession, { message, signature });
    return { wallet, session: clientWith(sessionToken) };
  }

  it("a key is made with rights, which every list tells", async () => {
    const { session } = await signIn();
    const rights = {
      scopes: [KeyScope.INFERENCE],
      models: ["Flock-Tiny"],
      expiresAt: { seconds: BigInt(NOW) / 1_000n + DAY_S, nanos: 500_000_000 },
      budgetDayMicro: 1_000_000n,
      budgetMonthMicro: 20_000_000n,
      requestsPerMinute: 60,
      tokensPerMinute: 10_000,
      streamsMax: 4,
    };
    const made = await session.ask(AccountDefinition, createKey, { label: "narrow", rights });
    const told = { ...rights, models: ["flock-tiny:latest"] };
    expect(made.rights).toEqual(told);
    const plain = await session.ask(AccountDefinition, createKey, { label: "plain" });
    expect(plain.rights).toEqual(NONE);
    const { keys } = await session.ask(AccountDefinition, listKeys, {});
    const unused = { lastUsedAt: undefined, charge30DaysMicro: 0n };
    expect(keys).toMatchObject([
      { id: made.id, rights: told, prefix: made.apiKey.slice(0, 8), ...unused },
      { id: plain.id, rights: NONE, prefix: plain.apiKey.slice(0, 8), ...unused },
    ]);
    expect(await failureOf(clientWith(made.apiKey).ask(AccountDefinition, getAccount, {}))).toMatchObject({
      code: status.PERMISSION_DENIED,
    });
  });

  it("a key gets another label and another end, and what is unset stays", async () => {
    const { session } = await signIn();
    const expiresAt = { seconds: BigInt(NOW) / 1_000n + DAY_S, nanos: 0 };
    const { id } = await session.ask(AccountDefinition, createKey, { label: "one", rights: { expiresAt } });
    const told = async () => (await session.ask(AccountDefinition, listKeys, {})).keys[0];
    await session.ask(AccountDefinition, changeKey, { id, label: "two" });
    expect(await told()).toMatchObject({ label: "two", rights: { expiresAt } });
    await session.ask(AccountDefinition, changeKey, { id, end: {} });
    expect(await told()).toMatchObject({ label: "two", rights: { expiresAt: undefined } });
    await session.ask(AccountDefinition, changeKey, { id, end: { expiresAt } });
    expect(await told()).toMatchObject({ label: "two", rights: { expiresAt } });
    const past = { id, end: { expiresAt: { seconds: 1n, nanos: 0 } } };
    expect((await failureOf(session.ask(AccountDefinition, changeKey, past))).code).toBe(
      status.INVALID_ARGUMENT,
    );
  });

  it("a key that manages keys makes none that is wider than itself, and has no say about wider ones", async () => {
    const { session } = await signIn();
    const scopes = [KeyScope.INFERENCE, KeyScope.MANAGE_KEYS];
    const made = await session.ask(AccountDefinition, createKey, { rights: { scopes } });
    const manager = clientWith(made.apiKey);
    const narrow = await manager.ask(AccountDefinition, createKey, {
      rights: { scopes: [KeyScope.INFERENCE] },
    });
    const wide = await session.ask(AccountDefinition, createKey, {});
    expect((await manager.ask(AccountDefinition, listKeys, {})).keys).toHaveLength(3);
    await manager.ask(AccountDefinition, revokeKey, { id: narrow.id });
    const refused = await Promise.all([
      failureOf(manager.ask(AccountDefinition, createKey, {})),
      failureOf(manager.ask(AccountDefinition, changeKey, { id: wide.id, label: "mine" })),
      failureOf(manager.ask(AccountDefinition, revokeKey, { id: wide.id })),
    ]);
    const denied = status.PERMISSION_DENIED;
    expect(refused.map(({ code }) => code)).toEqual([denied, denied, denied]);
  });

  it.each([
    ["rights.scopes.0", { rights: { scopes: [KeyScope.UNSPECIFIED] } }],
    ["rights.scopes.1", { rights: { scopes: [KeyScope.INFERENCE, 77] } }],
    ["rights.expires_at", { rights: { expiresAt: { seconds: 1n << 62n, nanos: 0 } } }],
    ["label", { label: "x".repeat(101) }],
  ])("a wrong %s is named as the contract names it", async (field, request) => {
    const { session } = await signIn();
    const failure = await failureOf(session.ask(AccountDefinition, createKey, request));
    expect(failure.code).toBe(status.INVALID_ARGUMENT);
    expect(detailsOf(failure).fields).toEqual([field]);
  });

  it.each([
    { budgetDayMicro: -1n },
    { requestsPerMinute: 4_000_000_000 },
    { models: [""] },
    { scopes: [KeyScope.MANAGE_KEYS], streamsMax: 1 },
  ])("no key is made with the rights %p", async (rights) => {
    const { session } = await signIn();
    const failure = await failureOf(session.ask(AccountDefinition, createKey, { rights }));
    expect(failure.code).toBe(status.INVALID_ARGUMENT);
    expect((await session.ask(AccountDefinition, listKeys, {})).keys).toEqual([]);
  });

  it("usage is told by what is asked to be told apart", async () => {
    const { wallet, session } = await signIn();
    const { id: keyId, apiKey } = await session.ask(AccountDefinition, createKey, {});
    const job = (model: string) => ({
      jobId: randomUUID(),
      accountId: wallet.id,
      keyId,
      model,
      promptTokens: 10,
      completionTokens: 5,
      promptPriceMicro: 2n,
      completionPriceMicro: 3n,
      finishedUnixMs: NOW,
    });
    const jobs = [job("flock-tiny:latest"), job("flock-tiny:latest"), job("able:7b")];
    const event = InferenceCompleted.fromPartial({ version: 1, requesterId: "api-1", jobs });
    const bytes = encode(InferenceCompleted, event);
    await jetstreamOf(money.mesh).publish(EVENTS.inferenceCompleted, bytes, { msgID: randomUUID() });
    const reader = clientWith(apiKey);
    const sum = async () => (await reader.ask(AccountDefinition, getUsage, {})).usage[0];
    await eventually("all is counted", async () => (await sum())?.requests === 3n);
    expect(await sum()).toEqual({
      day: "",
      model: "",
      keyId: "",
      requests: 3n,
      promptTokens: 30n,
      completionTokens: 15n,
      chargeMicro: 105n,
    });
    const by = [UsageGroup.DAY, UsageGroup.MODEL, UsageGroup.KEY];
    const told = await reader.ask(AccountDefinition, getUsage, { by, fromDay: "2026-11-22", keyId });
    expect(told).toMatchObject({
      account: wallet.id,
      fromDay: "2026-11-22",
      toDay: "2026-11-22",
      isCut: false,
      usage: [
        { day: "2026-11-22", model: "able:7b", keyId, requests: 1n, chargeMicro: 35n },
        { day: "2026-11-22", model: "flock-tiny:latest", keyId, requests: 2n, chargeMicro: 70n },
      ],
    });
    const wrong = reader.ask(AccountDefinition, getUsage, { by: [9] });
    expect(detailsOf(await failureOf(wrong)).fields).toEqual(["by.0"]);
  });
});
