import { generateIdentity, type Identity } from "@flock/keys";
import { systemClock } from "@flock/mesh";
import fc from "fast-check";
import { EnrolmentRig } from "./enrolment-rig.js";
import { signed } from "./money-api.js";

/* What nobody has signed enrols nobody, however little it differs from what somebody has. */

const RUNS = 300;

let rig: EnrolmentRig;
beforeAll(async () => {
  rig = await EnrolmentRig.start(systemClock);
}, 120_000);
afterAll(async () => rig?.stop());

/** A text that is not the given one: with a piece cut out, put in its place, or moved. */
function mutationsOf(text: string): fc.Arbitrary<string> {
  const place = fc.nat({ max: text.length });
  const piece = fc.oneof(
    fc.string({ maxLength: 4 }),
    fc.constantFrom("\n", " ", "\r\n", "\0", "0", "1", "A", "\u00e9", "\u0441"),
    place.chain((from) => fc.nat({ max: 40 }).map((length) => text.slice(from, from + length))),
  );
  return fc
    .tuple(place, fc.nat({ max: 8 }), piece)
    .map(([from, cut, put]) => text.slice(0, from) + put + text.slice(from + cut))
    .filter((mutated) => mutated !== text);
}

const isRefused = (status: number) => status === 400 || status === 401;

describe("a text that was changed after it was signed", () => {
  it("is no delegation, and leaves the challenge to what was signed", async () => {
    const worker = rig.worker();
    const { text, signature } = await worker.delegation();
    await fc.assert(
      fc.asyncProperty(mutationsOf(text), async (mutated) => {
        expect(isRefused((await worker.handIn({ text: mutated, signature })).status)).toBe(true);
      }),
      { numRuns: RUNS },
    );
    expect(await rig.query("SELECT 1 FROM api.delegations")).toEqual([]);
    expect((await worker.handIn({ text, signature })).status).toBe(200);
  });

  it("opens no session", async () => {
    const worker = rig.worker();
    await worker.delegate();
    const { text, signature } = worker.sessionRequest();
    const open = (body: object) => rig.money.ask("POST", "/workers/sessions", { body });
    await fc.assert(
      fc.asyncProperty(mutationsOf(text), async (mutated) => {
        expect(isRefused((await open({ text: mutated, signature })).status)).toBe(true);
      }),
      { numRuns: RUNS },
    );
    expect((await open({ text, signature })).status).toBe(200);
  });
});

describe("a signature that was changed", () => {
  it.each(["delegation", "session"] as const)("is none, under a %s", async (step) => {
    const worker = rig.worker();
    const delegation = await worker.delegation();
    if (step === "session") await worker.handIn(delegation);
    const { text, signature } = step === "session" ? worker.sessionRequest() : delegation;
    const bytes = Buffer.from((step === "session" ? worker.key : worker.wallet).sign(Buffer.from(text)));
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 63 }), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ flip;
        const body = { text, signature: changed.toString("base64") };
        const { status } = await rig.money.ask("POST", `/workers/${step}s`, { body });
        expect(status).toBe(401);
      }),
      { numRuns: RUNS },
    );
    const { status } = await rig.money.ask("POST", `/workers/${step}s`, { body: { text, signature } });
    expect(status).toBe(200);
  });
});

describe("a text that was changed before it was signed", () => {
  /** A line of the delegation, with something else in it that is well-formed for it. */
  const otherLines = (signer: Identity): fc.Arbitrary<(text: string) => string> =>
    fc.oneof(
      fc
        .constantFrom("api", "wallet", "challenge")
        .chain((name) =>
          fc
            .constantFrom("https://evil.example", "https://api.example:8443", generateIdentity().id)
            .map(
              (value) => (text: string) =>
                text.replace(new RegExp(`^${name}: .*$`, "m"), `${name}: ${value}`),
            ),
        ),
      fc.constant((text: string) => text.replace(/^key: .*$/m, `key: ${signer.id}`)),
      fc.constant((text: string) => text.replace(/^effect: .*$/m, "effect: it may do anything")),
      fc.constant((text: string) => text.replace(/^(expires: ).*$/m, "$12999-01-01T00:00:00.000Z")),
      fc.constant((text: string) => `${text}\n`),
    );

  it("enrols nobody either where it says what it must not say", async () => {
    const worker = rig.worker();
    const { text } = await worker.delegation();
    await fc.assert(
      fc.asyncProperty(otherLines(worker.wallet), async (change) => {
        const changed = change(text);
        const body = { text: changed, signature: signed(worker.wallet, changed) };
        expect(isRefused((await worker.handIn(body)).status)).toBe(true);
      }),
      { numRuns: 100 },
    );
    expect(await rig.query(`SELECT 1 FROM api.delegations WHERE wallet = '${worker.wallet.id}'`)).toEqual([]);
  });
});
