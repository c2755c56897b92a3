import { workerIssuer } from "@flock/access";
import { generateIdentity } from "@flock/keys";
import { rememberWorkerSession } from "@flock/mesh";
import { SteppedClock } from "@flock/mesh/testing";
import { DELEGATION_LIFE_MS_MAX } from "@flock/orders";
import { StandingState } from "@flock/proto/verifier";
import { eventually } from "@flock/provision/testing";
import { REFUSALS, type RefusalReason } from "../src/enrolment/refusal.js";
import { SESSIONS_MAX } from "../src/enrolment/session-issuer.js";
import type { EnrolmentAnswer } from "./enrolling-worker.js";
import { EnrolmentRig, refusedAs } from "./enrolment-rig.js";

/* Every way to be refused, and what is told and kept of it. */

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

let clock: SteppedClock;
let rig: EnrolmentRig;

beforeAll(async () => {
  clock = new SteppedClock();
  rig = await EnrolmentRig.start(clock);
}, 120_000);
afterAll(async () => rig?.stop());

describe("what a worker may not have", () => {
  /** Each way to be refused, at each step at which there is one. */
  const rows: readonly [RefusalReason, string, () => Promise<EnrolmentAnswer>, string][] = [
    [
      "text",
      "a text that is no delegation",
      () => rig.worker().delegate({ rewrite: (text) => text.replace("FlockOllamas worker", "Hello") }),
      'the first line is not "FlockOllamas worker"',
    ],
    [
      "text",
      "a delegation that says something else",
      () => rig.worker().delegate({ rewrite: (text) => text.replace("it can move no money", "it can") }),
      "effect: it does not say",
    ],
    [
      "text",
      "a delegation for more than 90 days",
      () => rig.worker().delegate({ change: { expiresMs: clock.unixMs() + DELEGATION_LIFE_MS_MAX + 1 } }),
      "at most 90 days",
    ],
    [
      "text",
      "a text that is no request for a session",
      () => rig.worker().openSession({ rewrite: (text) => `${text}\nmore: x` }),
      "3 lines belong after the title",
    ],
    [
      "text",
      "a session with what is no key of a NATS user",
      () => rig.worker().openSession({ change: { session: `A${"A".repeat(55)}` } }),
      "is not the public key of a NATS user",
    ],
    [
      "clock",
      "a delegation from the future",
      () =>
        rig.worker().delegate({
          change: { issuedMs: clock.unixMs() + 6 * MINUTE_MS, expiresMs: clock.unixMs() + DAY_MS },
        }),
      "is your clock right?",
    ],
    [
      "clock",
      "a request for a session from the past",
      () => rig.worker().openSession({ change: { issuedMs: clock.unixMs() - 5 * MINUTE_MS - 1 } }),
      "is your clock right?",
    ],
    [
      "clock",
      "a request for a session from the future",
      () => rig.worker().openSession({ change: { issuedMs: clock.unixMs() + 5 * MINUTE_MS + 1 } }),
      "is your clock right?",
    ],
    [
      "origin",
      "a delegation for another api",
      () => rig.worker().delegate({ change: { api: "https://evil.example" } }),
      "api: the text is for https://evil.example, and this is https://api.example",
    ],
    [
      "taken",
      "a key of another wallet",
      async () => {
        const owner = rig.worker();
        await owner.delegate();
        return rig.worker().delegate({ change: { key: owner.key.id } });
      },
      "make a new one",
    ],
    [
      "signature",
      "a delegation that another wallet has signed",
      () => rig.worker().delegate({ by: generateIdentity() }),
      "the signature is not that of",
    ],
    [
      "signature",
      "a delegation that the worker's own key has signed",
      () => {
        const worker = rig.worker();
        return worker.delegate({ by: worker.key });
      },
      "the signature is not that of",
    ],
    [
      "signature",
      "a session for a key that has not signed",
      async () => {
        const worker = rig.worker();
        await worker.delegate();
        return worker.openSession({ by: rig.worker().key });
      },
      "the signature is not that of",
    ],
    [
      "signature",
      "a session that the wallet has signed",
      async () => {
        const worker = rig.worker();
        await worker.delegate();
        return worker.openSession({ by: worker.wallet });
      },
      "the signature is not that of",
    ],
    [
      "challenge",
      "a challenge that nobody gave out",
      () => rig.worker().delegate({ change: { challenge: "1".repeat(22) } }),
      "ask for a new one",
    ],
    ["unknown", "a session without a delegation", () => rig.worker().openSession(), "delegate to it"],
    [
      "lapsed",
      "a delegation that has lapsed",
      () =>
        rig.worker().delegate({
          change: { issuedMs: clock.unixMs() - DAY_MS, expiresMs: clock.unixMs() },
        }),
      "delegate anew",
    ],
    [
      "lapsed",
      "a session after the end of the delegation",
      async () => {
        const worker = rig.worker();
        await worker.delegate({ change: { expiresMs: clock.unixMs() + MINUTE_MS } });
        clock.step(MINUTE_MS - 999);
        return worker.openSession();
      },
      "delegate anew",
    ],
    [
      "sessions",
      "a further session of a worker that has had as many as can be revoked at once",
      async () => {
        const worker = rig.worker();
        await worker.delegate();
        await worker.openSession();
        for (let count = 1; count < SESSIONS_MAX; count += 1)
          await rememberWorkerSession(rig.money.mesh, worker.wallet.id, `U${count}`);
        // Those that it has it may renew.
        expect((await worker.openSession()).status).toBe(200);
        return worker.openSession({ change: { session: rig.worker().session } });
      },
      "this worker has had 256 sessions within a day: renew one of them",
    ],
    [
      "banned",
      "a session of a banned wallet",
      async () => {
        const worker = rig.worker();
        await worker.delegate();
        await rig.ban(worker.wallet.id, "forged a receipt");
        return worker.openSession();
      },
      "this wallet is banned: forged a receipt",
    ],
    [
      "banned",
      "a delegation of a banned wallet",
      async () => {
        const worker = rig.worker();
        await rig.ban(worker.wallet.id, "");
        const refused = async () => (await worker.delegate()).status === 403;
        await eventually("both apis have heard", async () => (await refused()) && (await refused()));
        return worker.delegate();
      },
      "this wallet is banned",
    ],
    [
      "convicted",
      "a delegation of a wallet whose worker was found to cheat",
      async () => {
        const worker = rig.worker();
        await rig.stand(worker.wallet.id, StandingState.CONVICTED, "it served another model");
        const refused = async () => (await worker.delegate()).status === 403;
        await eventually("both apis have heard", async () => (await refused()) && (await refused()));
        return worker.delegate();
      },
      "found this wallet's worker to cheat: it served another model",
    ],
  ];

  it.each(rows)("is refused as %s: %s", async (reason, _what, ask, message) => {
    expect(await ask()).toMatchObject(refusedAs(reason, message));
  });

  it("is all in this table, but what is refused for our sake", () => {
    const tried = new Set<string>(rows.map(([reason]) => reason));
    const ours = ["closed", "away"];
    expect([...tried, ...ours].sort()).toEqual(Object.keys(REFUSALS).sort());
  });

  it.each([
    ["challenges", { wallet: "alice" }, "wallet: must be a wallet address"],
    ["challenges", {}, "wallet: is required"],
    ["challenges", { wallet: "1".repeat(32) }, "wallet: must be a wallet address"],
    ["delegations", { text: "x".repeat(1_025), signature: "y" }, "text: has more than 1024 characters"],
    ["delegations", { text: "x" }, "signature: is required"],
    ["sessions", { text: "x", signature: "y" }, "signature: must be 64 bytes"],
    ["sessions", { signature: "y" }, "text: is required"],
  ])("is refused at %s with %j", async (path, body, message) => {
    expect(await rig.money.ask("POST", `/workers/${path}`, { body })).toMatchObject({
      status: 400,
      body: { error: { code: "invalid_argument", message: expect.stringContaining(message) } },
    });
  });

  it("is counted by step and reason, as is what was given", async () => {
    const worker = rig.worker();
    await worker.delegate();
    await worker.openSession();
    const texts = await Promise.all(rig.money.apis.map((api) => api.metrics()));
    const text = texts.join("\n");
    for (const name of ["delegations", "sessions"])
      expect(text).toMatch(new RegExp(`^flock_api_worker_${name}_total\\{.*\\} [1-9]`, "m"));
    const counted = [
      ...text.matchAll(/^flock_api_worker_enrolments_refused_total\{.*step="(\w+)".*reason="(\w+)"/gm),
    ].map(([, step, reason]) => `${step} ${reason}`);
    expect(counted).toEqual(
      expect.arrayContaining(["delegation text", "session text", "delegation banned", "session unknown"]),
    );
  });

  it("leaves nothing of JWTs, signatures and texts in the log", async () => {
    const worker = rig.worker();
    const delegation = await worker.delegation();
    await worker.handIn(delegation);
    const { jwt } = (await worker.openSession()).body;
    await worker.openSession({ by: generateIdentity() });
    await worker.openSession({ rewrite: (text) => `${text} ` });
    const logs = rig.money.apis.flatMap((api) => api.logs).join("\n");
    for (const secret of [
      jwt,
      delegation.signature,
      "FlockOllamas worker",
      workerIssuer(rig.tree).signingSeed,
    ])
      expect(logs).not.toContain(secret);
  });
});
