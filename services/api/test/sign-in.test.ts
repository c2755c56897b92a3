import { generateIdentity } from "@flock/keys";
import { eventually } from "@flock/provision/testing";
import pg from "pg";
import { MoneyApi, signed } from "./money-api.js";

describe("signing in with a wallet", () => {
  let money: MoneyApi;

  beforeAll(async () => {
    money = await MoneyApi.start();
  }, 120_000);
  afterAll(async () => money?.stop());

  const challengeFor = async (address: string) =>
    (await money.ask("POST", "/sign-in/challenge", { body: { address } })).body.message as string;
  const query = async (text: string) => {
    const client = new pg.Client({ connectionString: money.databaseUrl });
    await client.connect();
    const { rows } = await client.query(text);
    await client.end();
    return rows;
  };

  it("gives out a text in the form of Sign-In With Solana, with its fields", async () => {
    const { id } = generateIdentity();
    const { status, headers, body } = await money.ask("POST", "/sign-in/challenge", {
      body: { address: id },
    });
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("no-store");
    const { input } = body;
    const host = money.apis[0].baseUrl.slice("http://".length);
    expect(body.message).toBe(
      `${host} wants you to sign in with your Solana account:\n${id}\n\n${input.statement}\n\n` +
        `URI: http://${host}\nVersion: 1\nNonce: ${input.nonce}\n` +
        `Issued At: ${input.issuedAt}\nExpiration Time: ${input.expirationTime}`,
    );
    expect(Date.parse(input.expirationTime) - Date.parse(input.issuedAt)).toBe(300_000);
    expect(input.nonce).toMatch(/^[A-Za-z0-9]{20,}$/);
  });

  it("opens a session on any api for a text that another one gave out, with the address as its account", async () => {
    const wallet = generateIdentity();
    const message = await challengeFor(wallet.id);
    const body = { message, signature: signed(wallet, message), more: "is ignored" };
    const opened = await money.ask("POST", "/sign-in", { body, api: 1 });
    expect(opened).toMatchObject({
      status: 200,
      body: { account: wallet.id, session_token: expect.stringMatching(/^fls_/) },
    });
    const lifetimeMs = Date.parse(opened.body.expires_at) - Date.now();
    expect(Math.abs(lifetimeMs - 86_400_000)).toBeLessThan(60_000);
    const token = opened.body.session_token;
    for (const api of [0, 1] as const)
      expect(await money.ask("GET", "/account", { token, api })).toMatchObject({
        status: 200,
        body: { account: wallet.id },
      });
  });

  it("takes signatures in base64 and over the off-chain envelope, too", async () => {
    const wallet = generateIdentity();
    const first = await challengeFor(wallet.id);
    const base64 = Buffer.from(wallet.sign(Buffer.from(first))).toString("base64");
    expect(
      (await money.ask("POST", "/sign-in", { body: { message: first, signature: base64 } })).status,
    ).toBe(200);
    const second = await challengeFor(wallet.id);
    const length = Buffer.alloc(2);
    length.writeUInt16LE(Buffer.byteLength(second));
    const head = Buffer.concat([Buffer.from("\xffsolana offchain", "latin1"), Buffer.of(0, 1), length]);
    const envelope = Buffer.concat([head, Buffer.from(second)]);
    const signature = Buffer.from(wallet.sign(envelope)).toString("base64url");
    expect((await money.ask("POST", "/sign-in", { body: { message: second, signature } })).status).toBe(200);
  });

  it("takes a text once, also when both apis are asked at the same moment", async () => {
    const wallet = generateIdentity();
    const message = await challengeFor(wallet.id);
    const body = { message, signature: signed(wallet, message) };
    const answers = await Promise.all(
      [0, 1, 0, 1].map((api) => money.ask("POST", "/sign-in", { body, api: api as 0 | 1 })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401]);
    expect((await money.ask("POST", "/sign-in", { body })).body.error).toMatchObject({
      code: "unauthenticated",
      message: expect.stringContaining("ask for a new one"),
    });
  });

  it("refuses another wallet's signature, and leaves the text to whom it was given", async () => {
    const [wallet, thief] = [generateIdentity(), generateIdentity()];
    const message = await challengeFor(wallet.id);
    const stolen = await money.ask("POST", "/sign-in", {
      body: { message, signature: signed(thief, message) },
    });
    expect(stolen).toMatchObject({ status: 401, body: { error: { code: "unauthenticated" } } });
    const own = await money.ask("POST", "/sign-in", {
      body: { message, signature: signed(wallet, message) },
    });
    expect(own.status).toBe(200);
  });

  it("refuses a text that it did not give out, and one that has lapsed", async () => {
    const wallet = generateIdentity();
    const message = await challengeFor(wallet.id);
    const later = message.replace(/Expiration Time: 20/, "Expiration Time: 21");
    const forged = { message: later, signature: signed(wallet, later) };
    expect((await money.ask("POST", "/sign-in", { body: forged })).status).toBe(401);
    await query("UPDATE api.challenges SET expires_at = now() - interval '1 second'");
    const lapsed = { message, signature: signed(wallet, message) };
    expect((await money.ask("POST", "/sign-in", { body: lapsed })).status).toBe(401);
    await challengeFor(wallet.id);
    expect(await query("SELECT count(*)::int AS n FROM api.challenges WHERE expires_at < now()")).toEqual([
      { n: 0 },
    ]);
  });

  it("keeps tokens as hashes alone", async () => {
    const { token } = await money.signIn();
    const stored = await query("SELECT sessions::text AS everything FROM api.sessions sessions");
    expect(JSON.stringify(stored)).not.toContain(token.slice(4));
  });

  it("logs whose session a request came with, and neither tokens nor signatures nor texts", async () => {
    const wallet = generateIdentity();
    const message = await challengeFor(wallet.id);
    const signature = signed(wallet, message);
    const { body } = await money.ask("POST", "/sign-in", { body: { message, signature } });
    await money.ask("GET", "/account?x=secret", { token: body.session_token });
    await fetch(`${money.apis[0].baseUrl}/k/${body.session_token}/flock/v1/account`);
    await money.ask("POST", "/sign-in", { body: { message, signature } });
    const ownLines = () => money.apis[0].logs.filter((line) => line.includes(wallet.id));
    await eventually("both lines are written", () => ownLines().length >= 2);
    for (const line of ownLines())
      expect(JSON.parse(line)).toMatchObject({ accountId: wallet.id, sessionId: expect.any(String) });
    const logs = money.apis.flatMap((api) => api.logs).join("\n");
    for (const secret of [body.session_token, signature, "wants you to sign in", "x=secret"])
      expect(logs).not.toContain(secret);
  });

  it("ends a session at once and everywhere, or all of an account", async () => {
    const { wallet, token } = await money.signIn();
    const { token: other } = await money.signIn(wallet);
    expect((await money.ask("POST", "/sign-out", { token })).body).toEqual({ signed_out: true });
    expect((await money.ask("GET", "/account", { token, api: 1 })).status).toBe(401);
    const { token: third } = await money.signIn(wallet);
    await money.ask("POST", "/sign-out", { token: third, body: { everywhere: true } });
    expect((await money.ask("GET", "/account", { token: other })).status).toBe(401);
  });

  it("lets a session lapse, and keeps twenty of an account", async () => {
    const { wallet, token } = await money.signIn();
    await query(`UPDATE api.sessions SET created_at = created_at - interval '1 hour'`);
    for (let session = 0; session < 20; session += 1) await money.signIn(wallet);
    expect((await money.ask("GET", "/account", { token })).status).toBe(401);
    await Promise.all(Array.from({ length: 20 }, () => money.signIn(wallet)));
    const kept = await query(`SELECT count(*)::int AS n FROM api.sessions WHERE account_id = '${wallet.id}'`);
    expect(kept).toEqual([{ n: 20 }]);
    const { token: last } = await money.signIn(wallet);
    await query("UPDATE api.sessions SET expires_at = now()");
    expect((await money.ask("GET", "/account", { token: last })).status).toBe(401);
  });

  it("is put off while Postgres is away, and goes on afterwards", async () => {
    const { token } = await money.signIn();
    const { id } = generateIdentity();
    await money.postgres.kill("SIGKILL");
    for (const answer of [
      await money.ask("GET", "/account", { token }),
      await money.ask("POST", "/sign-in/challenge", { body: { address: id } }),
    ])
      expect(answer).toMatchObject({
        status: 503,
        body: { error: { code: "unavailable", message: "the database cannot be reached" } },
      });
    await money.postgres.restart();
    await eventually("the api is ready again", () => money.apis[0].notReady.length === 0);
    expect((await money.ask("GET", "/account", { token })).status).toBe(200);
  });

  it.each([
    ["no address", {}, "address: is required"],
    ["a number", { address: 5 }, "address: must be a string"],
    ["what is no address", { address: "alice" }, "address: must be a wallet address: 32 bytes in base58"],
    [
      "the system program, as which everybody could sign",
      { address: "1".repeat(32) },
      "address: must be a wallet address: 32 bytes in base58",
    ],
    ["no JSON", "{", "the request body is not valid JSON"],
    ["an array", "[]", "the request body must be a JSON object"],
  ])("refuses %s in a request for a text", async (_what, body, message) => {
    expect(await money.ask("POST", "/sign-in/challenge", { body })).toMatchObject({
      status: 400,
      body: { error: { code: "invalid_argument", message } },
    });
  });

  it.each([
    ["a signature of 63 bytes", { signature: Buffer.alloc(63).toString("base64") }, "must be 64 bytes"],
    ["a signature that is far too long", { signature: "x".repeat(200) }, "has more than 128 characters"],
    ["no signature", {}, "is required"],
  ])("refuses %s", async (_what, fields, message) => {
    const answer = await money.ask("POST", "/sign-in", { body: { message: "text", ...fields } });
    expect(answer).toMatchObject({
      status: 400,
      body: { error: { field: "signature", message: expect.stringContaining(message) } },
    });
  });

  it("refuses bodies of more than 64 KiB", async () => {
    const body = { address: "x".repeat(64 * 1024) };
    expect(await money.ask("POST", "/sign-in/challenge", { body })).toMatchObject({
      status: 413,
      body: { error: { code: "payload_too_large" } },
    });
  });
});
