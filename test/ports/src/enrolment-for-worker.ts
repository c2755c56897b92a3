import { randomBytes } from "node:crypto";
import { freshUserSeed, generateIdentity, type Identity, natsKeyOf } from "@flock/keys";
import { type Delegation, delegationText, isChallenge, sessionText } from "@flock/orders";
import { eventually } from "@flock/provision/testing";
import { base58 } from "@scure/base";
import { startedForFile } from "./started.js";

/** An api that workers enrol at, and the hand of its operator. */
export interface EnrolmentUnderContract {
  /** By which it is known, without a slash at the end. */
  readonly url: string;
  ban(wallet: string): Promise<void>;
  stop(): Promise<void>;
}

type Started = () => EnrolmentUnderContract;
type Answer = { readonly status: number; readonly body: Readonly<Record<string, unknown>> };

/** What a worker relies on when it enrols. */
export function enrolmentForWorkerContract(name: string, start: () => Promise<EnrolmentUnderContract>): void {
  describe(`the contract of the api with workers that enrol, as ${name} keeps it`, () => {
    const api = startedForFile(start);
    challenges(api);
    delegations(api);
    lapsed(api);
    sessions(api);
    bans(api);
  });
}

const minutes = (count: number): number => count * 60_000;
async function post({ url }: EnrolmentUnderContract, path: string, body: unknown): Promise<Answer> {
  const response = await fetch(`${url}/flock/v1/workers/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  // CAST: clauses look at what they name.
  return { status: response.status, body: (await response.json()) as Answer["body"] };
}

function refused(status: number, code: string, words = /./): object {
  return { status, body: { error: { code, message: expect.stringMatching(words) } } };
}

function signed(signer: Pick<Identity, "sign">, text: string) {
  return { text, signature: base58.encode(signer.sign(Buffer.from(text))) };
}

/** A text of a wallet, as a worker composes it. */
async function textFor(api: EnrolmentUnderContract, wallet: string, changes: Partial<Delegation> = {}) {
  const { body } = await post(api, "challenges", { wallet });
  return delegationText({
    ...{ api: new URL(api.url).origin, wallet, payout: wallet, key: generateIdentity().id },
    ...{ challenge: String(body["challenge"]), issuedMs: Date.now(), expiresMs: Date.now() + minutes(60) },
    ...changes,
  });
}

/** A wallet that has delegated to a key. */
async function delegated(api: EnrolmentUnderContract, changes: Partial<Delegation> = {}) {
  const [wallet, key] = [generateIdentity(), generateIdentity()];
  const text = await textFor(api, wallet.id, { key: key.id, ...changes });
  const { status } = await post(api, "delegations", signed(wallet, text));
  expect(status).toBe(200);
  return { wallet, key };
}

function asked(key: string, changes: { session?: string; issuedMs?: number } = {}) {
  return sessionText({
    key,
    session: natsKeyOf(freshUserSeed()).publicKey,
    issuedMs: Date.now(),
    ...changes,
  });
}

function challenges(api: Started): void {
  it("a challenge is one word, another one each time, for the api's own origin, and good for minutes", async () => {
    const wallet = generateIdentity().id;
    const answers = await Promise.all([1, 2].map(() => post(api(), "challenges", { wallet })));
    for (const { status, body } of answers) {
      expect([status, body["api"]]).toEqual([200, new URL(api().url).origin]);
      expect(isChallenge(String(body["challenge"]))).toBe(true);
      const lifeMs = Date.parse(String(body["expires_at"])) - Date.now();
      expect([lifeMs > minutes(4), lifeMs < minutes(6)]).toEqual([true, true]);
    }
    expect(answers[0]?.body["challenge"]).not.toBe(answers[1]?.body["challenge"]);
  });

  it.each([{}, { wallet: 1 }, { wallet: "nobody" }])("none is given to %j", async (body) => {
    expect(await post(api(), "challenges", body)).toMatchObject(refused(400, "invalid_argument"));
  });
}

function delegations(api: Started): void {
  it("a delegation is taken as it says, and the same text again is no error", async () => {
    const [wallet, key, payout] = [generateIdentity(), generateIdentity().id, generateIdentity().id];
    const expiresMs = Date.now() + minutes(90);
    const body = signed(wallet, await textFor(api(), wallet.id, { key, payout, expiresMs }));
    const taken = {
      status: 200,
      body: { worker_id: wallet.id, key, payout, expires_at: expect.any(String) },
    };
    const first = await post(api(), "delegations", body);
    expect(first).toMatchObject(taken);
    expect(Date.parse(String(first.body["expires_at"]))).toBe(expiresMs);
    expect(await post(api(), "delegations", body)).toEqual(first);
  });

  it("it may be signed in Solana's off-chain envelope", async () => {
    const wallet = generateIdentity();
    const text = await textFor(api(), wallet.id);
    const length = Buffer.alloc(2);
    length.writeUInt16LE(text.length);
    const head = [Buffer.from("\xffsolana offchain", "latin1"), Buffer.of(0, 0), length];
    const sign = (message: Uint8Array) => wallet.sign(Buffer.concat([...head, message]));
    expect(await post(api(), "delegations", signed({ sign }, text))).toMatchObject({ status: 200 });
  });

  it("a key may be delegated to again, before the delegation lapses", async () => {
    const { wallet, key } = await delegated(api());
    const text = await textFor(api(), wallet.id, { key: key.id, expiresMs: Date.now() + minutes(120) });
    expect(await post(api(), "delegations", signed(wallet, text))).toMatchObject({ status: 200 });
    expect(await post(api(), "sessions", signed(key, asked(key.id)))).toMatchObject({ status: 200 });
  });

  it("it is not taken without the wallet's signature, or with a challenge that was not given to it", async () => {
    const [wallet, other] = [generateIdentity(), generateIdentity()];
    const text = await textFor(api(), wallet.id);
    const unauthenticated = refused(401, "unauthenticated");
    expect(await post(api(), "delegations", signed(other, text))).toMatchObject(unauthenticated);
    const invented = await textFor(api(), wallet.id, { challenge: base58.encode(randomBytes(20)) });
    expect(await post(api(), "delegations", signed(wallet, invented))).toMatchObject(unauthenticated);
    const { body } = await post(api(), "challenges", { wallet: other.id });
    const foreign = await textFor(api(), wallet.id, { challenge: String(body["challenge"]) });
    expect(await post(api(), "delegations", signed(wallet, foreign))).toMatchObject(unauthenticated);
  });

  it("a challenge is good for one text", async () => {
    const wallet = generateIdentity();
    const { body } = await post(api(), "challenges", { wallet: wallet.id });
    const challenge = String(body["challenge"]);
    const [one, two] = [
      await textFor(api(), wallet.id, { challenge }),
      await textFor(api(), wallet.id, { challenge }),
    ];
    expect(await post(api(), "delegations", signed(wallet, one))).toMatchObject({ status: 200 });
    expect(await post(api(), "delegations", signed(wallet, two))).toMatchObject(
      refused(401, "unauthenticated"),
    );
  });

  it.each<[string, Partial<Delegation>]>([
    ["is for another api", { api: "https://another.example" }],
    [
      "was signed by a clock that is ahead",
      { issuedMs: Date.now() + minutes(60), expiresMs: Date.now() + minutes(90) },
    ],
    ["pays nobody who can have a key", { payout: "11111111111111111111111111111111" }],
  ])("a text that %s is refused with what is wrong", async (_what, changes) => {
    const wallet = generateIdentity();
    const text = await textFor(api(), wallet.id, changes);
    expect(await post(api(), "delegations", signed(wallet, text))).toMatchObject(
      refused(400, "invalid_argument", /api|expires|issued|payout/),
    );
  });

  it.each([{}, { text: "I may", signature: "1" }, { text: 1, signature: 2 }])(
    "a body that is none is refused: %j",
    async (body) => {
      for (const path of ["delegations", "sessions"])
        expect(await post(api(), path, body)).toMatchObject(refused(400, "invalid_argument"));
    },
  );
}

function lapsed(api: Started): void {
  it("a delegation that has lapsed is refused as one that there is not: the wallet has to delegate anew", async () => {
    const wallet = generateIdentity();
    const text = await textFor(api(), wallet.id, { issuedMs: 1, expiresMs: 2 });
    expect(await post(api(), "delegations", signed(wallet, text))).toMatchObject(
      refused(401, "unauthenticated", /lapsed.*delegate anew/),
    );
  });

  it("the key of a delegation that has lapsed is let in no more", async () => {
    const { key } = await delegated(api(), { expiresMs: Date.now() + 1_500 });
    const open = () => post(api(), "sessions", signed(key, asked(key.id)));
    await eventually("the delegation to lapse", async () => (await open()).status !== 200);
    expect(await open()).toMatchObject(refused(401, "unauthenticated", /delegate anew/));
  });
}

function sessions(api: Started): void {
  it("a session is let in for a while: a JWT for its key, in the wallet's name, and where NATS is", async () => {
    const payout = generateIdentity().id;
    const { wallet, key } = await delegated(api(), { payout });
    const session = natsKeyOf(freshUserSeed()).publicKey;
    const { status, body } = await post(api(), "sessions", signed(key, asked(key.id, { session })));
    expect([status, body["worker_id"], body["payout"]]).toEqual([200, wallet.id, payout]);
    const [, claims = ""] = String(body["jwt"]).split(".");
    const { name, sub, iat, exp } = JSON.parse(Buffer.from(claims, "base64url").toString());
    expect([name, sub]).toEqual([wallet.id, session]);
    expect([typeof iat, exp > iat]).toEqual(["number", true]);
    expect(Math.abs(Date.parse(String(body["expires_at"])) - exp * 1_000)).toBeLessThan(2_000);
    expect(body["nats_urls"]).toEqual(
      expect.arrayContaining([expect.stringMatching(/^(nats|tls|wss?):\/\/[^\s,]+$/)]),
    );
    expect(body["mesh_keys"]).toEqual(expect.any(Array));
  });

  it("it is renewed by asking again", async () => {
    const { key } = await delegated(api());
    const session = natsKeyOf(freshUserSeed()).publicKey;
    for (const issuedMs of [Date.now(), Date.now() + 1]) {
      const text = asked(key.id, { session, issuedMs });
      expect(await post(api(), "sessions", signed(key, text))).toMatchObject({ status: 200 });
    }
  });

  it("only a key that has a delegation can ask, not even the wallet", async () => {
    const { wallet, key } = await delegated(api());
    const other = generateIdentity();
    const unauthenticated = refused(401, "unauthenticated");
    for (const [signer, text] of [
      [wallet, asked(key.id)],
      [other, asked(key.id)],
      [other, asked(other.id)],
      [wallet, asked(wallet.id)],
    ] as const)
      expect(await post(api(), "sessions", signed(signer, text))).toMatchObject(unauthenticated);
  });

  it("a clock that is wrong is told so", async () => {
    const { key } = await delegated(api());
    for (const issuedMs of [Date.now() - minutes(10), Date.now() + minutes(10)])
      expect(await post(api(), "sessions", signed(key, asked(key.id, { issuedMs })))).toMatchObject(
        refused(400, "invalid_argument", /is your clock right/),
      );
  });
}

function bans(api: Started): void {
  it("a banned wallet gets no session from that moment on, and soon delegates no more", async () => {
    const { wallet, key } = await delegated(api());
    const text = await textFor(api(), wallet.id);
    await api().ban(wallet.id);
    const banned = refused(403, "permission_denied");
    expect(await post(api(), "sessions", signed(key, asked(key.id)))).toMatchObject(banned);
    const handIn = () => post(api(), "delegations", signed(wallet, text));
    await eventually("the ban to be heard of", async () => (await handIn()).status !== 200);
    expect(await handIn()).toMatchObject(banned);
  });
}
