import { createTree, readUser, workerIssuer } from "@flock/access";
import { generateIdentity } from "@flock/keys";
import { liftBan, workerSessions } from "@flock/mesh";
import { SteppedClock } from "@flock/mesh/testing";
import { isChallenge, isSignedBy } from "@flock/orders";
import { meshSigner } from "@flock/ports";
import { StandingState } from "@flock/proto/verifier";
import { eventually } from "@flock/provision/testing";
import type { EnrolmentAnswer } from "./enrolling-worker.js";
import { EnrolmentRig, NATS_URLS, refusedAs } from "./enrolment-rig.js";
import { signed } from "./money-api.js";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

let clock: SteppedClock;
let rig: EnrolmentRig;

beforeAll(async () => {
  clock = new SteppedClock();
  rig = await EnrolmentRig.start(clock);
}, 120_000);
afterAll(async () => rig?.stop());

describe("a challenge", () => {
  it("is a word for a text that names this api, and lasts for five minutes", async () => {
    const { status, body } = await rig.worker().challenge();
    expect([status, body]).toEqual([
      200,
      {
        challenge: expect.stringMatching(/^[1-9A-HJ-NP-Za-km-z]{16,22}$/),
        api: "https://api.example",
        expires_at: new Date(clock.unixMs() + 5 * MINUTE_MS).toISOString(),
      },
    ]);
    expect(isChallenge(body.challenge)).toBe(true);
  });

  it("is good to its last millisecond, and at any api", async () => {
    const [inTime, late] = [rig.worker(), rig.worker()];
    const [first, second] = [await inTime.delegation(), await late.delegation()];
    clock.step(5 * MINUTE_MS - 1);
    expect((await inTime.handIn(first)).status).toBe(200);
    clock.step(1);
    expect(await late.handIn(second)).toMatchObject(refusedAs("challenge", "ask for a new one"));
  });

  it("opens no account's session, nor does the text of a sign-in enrol anybody", async () => {
    const worker = rig.worker();
    const { challenge } = (await worker.challenge()).body;
    const body = { message: challenge, signature: signed(worker.wallet, challenge) };
    expect((await rig.money.ask("POST", "/sign-in", { body })).status).toBe(401);
    const given = await rig.money.ask("POST", "/sign-in/challenge", { body: { address: worker.wallet.id } });
    const nonce = given.body.input.nonce as string;
    expect(isChallenge(nonce)).toBe(true);
    expect((await worker.delegate({ change: { challenge: nonce } })).status).toBe(401);
  });
});

describe("a delegation", () => {
  it("is answered with what the wallet has signed, and is kept so that anybody can check it", async () => {
    const worker = rig.worker();
    const delegation = await worker.delegation();
    expect(await worker.handIn(delegation)).toMatchObject({
      status: 200,
      body: {
        worker_id: worker.wallet.id,
        key: worker.key.id,
        payout: worker.payout,
        expires_at: new Date(clock.unixMs() + 30 * DAY_MS).toISOString(),
      },
    });
    const [row] = (await rig.query(`SELECT * FROM api.delegations WHERE key = '${worker.key.id}'`)) as [
      { text: string; signature: Buffer; wallet: string },
    ];
    expect(row.text).toBe(delegation.text);
    expect(isSignedBy(row.wallet, row.text, row.signature)).toBe(true);
  });

  it("is taken again, whatever became of its challenge, also many times at once", async () => {
    const worker = rig.worker();
    const delegation = await worker.delegation();
    const answers = await Promise.all(Array.from({ length: 8 }, () => worker.handIn(delegation)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    clock.step(6 * MINUTE_MS);
    expect(await worker.handIn(delegation)).toMatchObject({ status: 200, body: answers[0]?.body });
  });

  it("uses its challenge up: another text with the same one is refused", async () => {
    const worker = rig.worker();
    const { text, signature } = await worker.delegation();
    expect((await worker.handIn({ text, signature })).status).toBe(200);
    const other = text.replace(worker.payout, generateIdentity().id);
    const replayed = await worker.handIn({ text: other, signature: signed(worker.wallet, other) });
    expect(replayed).toMatchObject(refusedAs("challenge", "was used"));
    const otherKey = text.replace(worker.key.id, generateIdentity().id);
    const forAnotherKey = { text: otherKey, signature: signed(worker.wallet, otherKey) };
    expect((await worker.handIn(forAnotherKey)).status).toBe(401);
  });

  it("is of the wallet that the challenge was given to", async () => {
    const [one, other] = [rig.worker(), rig.worker()];
    const { challenge } = (await one.challenge()).body;
    expect(await other.delegate({ change: { challenge } })).toMatchObject(
      refusedAs("challenge", "was not given to this wallet"),
    );
    // And stays good for whom it was given to.
    expect((await one.delegate({ change: { challenge } })).status).toBe(200);
  });

  it("may be replaced by its own wallet, and by no other one", async () => {
    const [owner, thief] = [rig.worker(), rig.worker()];
    await owner.delegate();
    const payout = generateIdentity().id;
    expect((await owner.delegate({ change: { payout } })).body.payout).toBe(payout);
    const theft = await thief.delegation({ change: { key: owner.key.id } });
    for (let attempt = 0; attempt < 2; attempt += 1)
      expect(await thief.handIn(theft)).toMatchObject(
        refusedAs("taken", "key: another wallet has delegated"),
      );
    expect((await owner.openSession()).body).toMatchObject({ worker_id: owner.wallet.id, payout });
  });

  it("makes way for the wallet's next one, the oldest first, when there are a thousand of it", async () => {
    const [worker, other] = [rig.worker(), rig.worker()];
    await other.delegate();
    await rig.query(`
      INSERT INTO api.delegations (key, wallet, payout, text, signature, kept_at, expires_at)
      SELECT 'key-' || n, '${worker.wallet.id}', 'p', 't', decode(repeat('00', 64), 'hex'),
        now() - interval '1 year' - n * interval '1 second', now() + interval '1 day'
      FROM generate_series(1, 1000) n`);
    expect((await worker.delegate()).status).toBe(200);
    const kept = (await rig.query(
      `SELECT key FROM api.delegations WHERE wallet = '${worker.wallet.id}' ORDER BY kept_at DESC`,
    )) as { key: string }[];
    expect([kept.length, kept[0]?.key, kept.at(-1)?.key]).toEqual([1_000, worker.key.id, "key-999"]);
    expect((await other.openSession()).status).toBe(200);
  });

  it("is kept for two days after its end, for receipts, and swept then", async () => {
    const [worker, next] = [rig.worker(), rig.worker()];
    await worker.delegate({ change: { expiresMs: clock.unixMs() + DAY_MS } });
    const isKept = async () =>
      (await rig.query(`SELECT 1 FROM api.delegations WHERE key = '${worker.key.id}'`)).length === 1;
    clock.step(3 * DAY_MS - 1);
    await next.delegate();
    expect(await isKept()).toBe(true);
    clock.step(1);
    await next.delegate();
    expect(await isKept()).toBe(false);
  });
});

describe("a session", () => {
  it("is issued to the key that the wallet delegates to, in the name of the wallet, and remembered", async () => {
    const worker = rig.worker();
    await worker.delegate();
    const { status, body } = await worker.openSession();
    expect([status, body]).toEqual([
      200,
      {
        worker_id: worker.wallet.id,
        payout: worker.payout,
        jwt: expect.any(String),
        expires_at: expect.any(String),
        nats_urls: NATS_URLS,
        mesh_keys: meshSigner.publicKeys,
      },
    ]);
    const { name, key, expiresUnixMs = 0 } = readUser(body.jwt);
    expect([name, key]).toEqual([worker.wallet.id, worker.session]);
    expect(Date.parse(body.expires_at)).toBe(expiresUnixMs);
    expect(Math.abs(expiresUnixMs - Date.now() - 3_600_000)).toBeLessThan(10_000);
    expect(await workerSessions(rig.money.mesh, worker.wallet.id)).toEqual([worker.session]);
  });

  it("is renewed by asking again, with the same session or another one", async () => {
    const worker = rig.worker();
    await worker.delegate();
    const other = rig.worker().session;
    expect((await worker.openSession()).status).toBe(200);
    expect((await worker.openSession()).status).toBe(200);
    expect((await worker.openSession({ change: { session: other } })).status).toBe(200);
    const sessions = await workerSessions(rig.money.mesh, worker.wallet.id);
    expect(sessions.sort()).toEqual([worker.session, other].sort());
  });

  it("lasts no longer than the delegation, which is worth nothing at its end", async () => {
    const worker = rig.worker();
    await worker.delegate({ change: { expiresMs: clock.unixMs() + 10 * MINUTE_MS } });
    clock.step(MINUTE_MS);
    const { expiresUnixMs = 0 } = readUser((await worker.openSession()).body.jwt);
    expect(Math.abs(expiresUnixMs - Date.now() - 9 * MINUTE_MS)).toBeLessThan(10_000);
    clock.step(9 * MINUTE_MS);
    expect(await worker.openSession()).toMatchObject(refusedAs("lapsed", "delegate anew"));
    expect((await worker.delegate()).status).toBe(200);
    expect((await worker.openSession()).status).toBe(200);
  });

  it("is signed with the key that stands in the issuer's file at that moment", async () => {
    const worker = rig.worker();
    await worker.delegate();
    const signerOf = ({ body }: EnrolmentAnswer): string =>
      JSON.parse(Buffer.from(body.jwt.split(".")[1], "base64url").toString()).iss;
    const before = signerOf(await worker.openSession());
    await rig.writeIssuer({ ...workerIssuer(createTree()), account: workerIssuer(rig.tree).account });
    expect(signerOf(await worker.openSession())).not.toBe(before);
    await rig.writeIssuer(workerIssuer(rig.tree));
    expect(signerOf(await worker.openSession())).toBe(before);
  });

  it("is not issued while the issuer's file holds none, and nobody is told what it holds", async () => {
    const worker = rig.worker();
    await worker.delegate();
    await rig.writeIssuer("half of a sec");
    const answer = await worker.openSession();
    expect(answer).toMatchObject(refusedAs("away", "no session can be issued at the moment"));
    await rig.writeIssuer(workerIssuer(rig.tree));
    expect((await worker.openSession()).status).toBe(200);
    const logs = rig.money.apis.flatMap(({ logs }) => logs).join("\n");
    expect(logs).toContain("the issuer cannot be used");
    expect(logs).not.toContain("half of a sec");
  });
});

describe("a worker that the verifier convicted", () => {
  it("is let in no more, and told why, until it is released; one in quarantine is let in as ever", async () => {
    const worker = rig.worker();
    await worker.delegate();
    const stand = (state: StandingState, reason?: string) => rig.stand(worker.wallet.id, state, reason);
    const statusTwice = async () => [
      (await worker.openSession()).status,
      (await worker.openSession()).status,
    ];
    await stand(StandingState.QUARANTINED);
    expect(await statusTwice()).toEqual([200, 200]);
    await stand(StandingState.CONVICTED, "it served another model");
    await eventually("both apis have heard", async () => (await statusTwice()).join() === "403,403");
    const told = "the verifier found this wallet's worker to cheat: it served another model";
    expect(await worker.openSession()).toMatchObject(refusedAs("convicted", told));
    expect(await worker.delegate()).toMatchObject(refusedAs("convicted", told));
    await stand(StandingState.PROBATION);
    await eventually("both apis have heard", async () => (await statusTwice()).join() === "200,200");
  });
});

describe("a ban", () => {
  it("that an api has heard of leaves no session to be remembered", async () => {
    const worker = rig.worker();
    await worker.delegate();
    await rig.ban(worker.wallet.id, "");
    const refused = async () => (await worker.delegate()).status === 403;
    await eventually("both apis have heard", async () => (await refused()) && (await refused()));
    expect(await worker.openSession()).toMatchObject(refusedAs("banned", "this wallet is banned"));
    expect(await workerSessions(rig.money.mesh, worker.wallet.id)).toEqual([]);
  });

  it("that an api has not heard of yet ends a session before it is issued, and the session is known", async () => {
    const worker = rig.worker();
    await worker.delegate();
    await rig.ban(worker.wallet.id, "just now");
    // At once: what the api follows comes later than what it reads.
    expect((await worker.openSession()).status).toBe(403);
    await liftBan(rig.money.mesh, worker.wallet.id);
    await eventually("both apis have heard", async () => {
      return (await worker.openSession()).status === 200 && (await worker.openSession()).status === 200;
    });
  });
});
