import type { Sampling, TokenChoice } from "@flock/evidence";
import { CatalogueEntry } from "@flock/proto/catalogue";
import { JobMaterialReply, MaterialPiece } from "@flock/proto/verifier";
import { Panel, type Place } from "../src/checks/panel.js";
import type { RefereeAnswer, RunOrder } from "../src/checks/referee-runs.js";
import type { Referees, Seat } from "../src/checks/referees.js";
import type { OpenCheck, StoredReading } from "../src/store/checks.js";

const TEXT = "The capital is Lima.";
const GREEDY: Sampling = {
  ...{ temperature: 0, topK: 40, topP: 0.9, minP: 0, penaltyMillinats: 0, endsByItself: true },
};
const PLACES: readonly Place[] = [
  { kind: "token", offset: 3 },
  { kind: "token", offset: 11 },
  { kind: "end", offset: TEXT.length },
];
const CHECK: OpenCheck = {
  ...{
    jobId: "job",
    workerId: "w",
    payeeId: "w",
    model: "m",
    modelDigest: "d",
    requesterId: "api",
    leases: 1,
  },
  ...{ isCancelled: false, receipt: new Uint8Array(), signature: new Uint8Array(), signer: "w" },
  ...{ day: "2026-11-30", dayKey: new Uint8Array(32), drawnAt: new Date() },
};

/** Referees that say what they are told to. */
class FakeReferees {
  readonly asked: string[] = [];
  readonly kept: StoredReading[] = [];

  constructor(
    readonly strangers: readonly string[],
    readonly own: readonly string[],
    /** Who says that the answer should go on otherwise. */
    readonly against: ReadonlySet<string>,
    readonly payees: Readonly<Record<string, string>> = {},
    /** Until which question a referee ends wherever it is asked. */
    readonly endsUntil = 0,
  ) {}

  async run({ begun, seat, question }: RunOrder): Promise<RefereeAnswer | undefined> {
    const refereeId = seat.preferred;
    this.asked.push(`${refereeId} ${begun.text.length}`);
    const rest = TEXT.slice(begun.text.length);
    if (question < this.endsUntil) return { refereeId, payeeId: refereeId, choices: undefined };
    const honest: TokenChoice[] = rest === "" ? [] : [{ token: rest.slice(0, 2), logprob: -0.1 }];
    const choices = this.against.has(refereeId)
      ? [{ token: "#", logprob: -0.01 }, ...honest.map(({ token }) => ({ token, logprob: -9 }))]
      : honest;
    const payeeId = this.payees[refereeId] ?? refereeId;
    return {
      refereeId,
      payeeId,
      choices: choices.length === 0 ? undefined : choices,
    };
  }

  async read(isQuarantined = false, known: readonly StoredReading[] = []) {
    const seat = (all: readonly string[]) => (number: number, without: ReadonlySet<string>) => {
      const left = all.filter((id) => !without.has(id));
      const [preferred] = left;
      return preferred === undefined
        ? undefined
        : ({ number, workers: new Set(left), preferred } satisfies Seat);
    };
    // CAST: a panel asks for seats alone.
    const referees = { stranger: seat(this.strangers), protocol: seat(this.own) } as unknown as Referees;
    const material = JobMaterialReply.fromPartial({
      pieces: ["The", " capital", " is", " Lima", "."].map((text) =>
        MaterialPiece.fromPartial({ text, tokens: 1 }),
      ),
    });
    const answer = { thinking: "", text: TEXT, from: 0 };
    const entry = CatalogueEntry.fromPartial({});
    const panel = new Panel(
      { check: CHECK, material, answer, sampling: GREEDY, entry, places: PLACES, privacyMin: "plaintext" },
      {
        ...{ runs: this, referees, known, protocolIds: new Set(this.own) },
        keep: async (reading) => void this.kept.push(reading),
        ...{ onRun: () => {}, stop: new AbortController().signal },
      },
    );
    return panel.read(isQuarantined);
  }
}

const nobody: ReadonlySet<string> = new Set();

describe("a panel", () => {
  it("is one stranger while nothing speaks against the worker", async () => {
    const referees = new FakeReferees(["s1", "s2"], ["own"], nobody);
    const { readings, isUnconfirmed } = await referees.read();
    expect(referees.asked).toEqual(["s1 3", "s1 11", "s1 20"]);
    expect([readings.map(({ claimed }) => claimed), isUnconfirmed]).toEqual([[0, 0, 0], false]);
  });

  it("has what speaks against the worker read again by the protocol's own, and the kindest counts", async () => {
    const referees = new FakeReferees(["s1"], ["own"], new Set(["s1"]));
    const { readings, isUnconfirmed } = await referees.read();
    expect(referees.asked.slice(3)).toEqual(["own 3", "own 11", "own 20"]);
    expect([readings.map(({ claimed }) => claimed), isUnconfirmed]).toEqual([[0, 0, 0], false]);
  });

  it("says that it is unconfirmed when none of the protocol's own is there", async () => {
    expect((await new FakeReferees(["s1"], [], new Set(["s1"])).read()).isUnconfirmed).toBe(true);
  });

  it("is two strangers and one of the protocol's own in quarantine", async () => {
    const { referees } = await new FakeReferees(["s1", "s2"], ["own"], nobody).read(true);
    expect(referees.map(({ id, isProtocol }) => [id, isProtocol])).toEqual([
      ["s1", false],
      ["s2", false],
      ["own", true],
    ]);
  });

  it("asks again where a referee ends and the answer goes on, and takes it for its word in the end", async () => {
    const once = new FakeReferees(["s1"], ["own"], nobody, {}, 1);
    expect((await once.read()).readings.map(({ claimed }) => claimed)).toEqual([0, 0, 0]);
    expect(once.asked).toEqual(["s1 3", "s1 3", "s1 11", "s1 11", "s1 20"]);
    const always = new FakeReferees(["s1"], ["own"], nobody, {}, 99);
    const { readings, isUnconfirmed } = await always.read();
    expect([readings.map(({ claimed }) => claimed), isUnconfirmed]).toEqual([[-1, -1, 0], false]);
    expect(always.asked.filter((asked) => asked === "own 3")).toHaveLength(4);
  });

  it("does not count a stranger who is paid as the worker is", async () => {
    const related = new FakeReferees(["s1"], ["own"], nobody, { s1: "w" });
    expect((await related.read()).readings).toEqual([]);
  });

  it("asks nobody twice what was read before a crash", async () => {
    const before = new FakeReferees(["s1"], ["own"], nobody);
    await before.read();
    const after = new FakeReferees(["s1"], ["own"], nobody);
    expect((await after.read(false, before.kept)).readings).toHaveLength(3);
    expect(after.asked).toEqual([]);
  });

  it("counts a referee that two others disagree with", async () => {
    const { counted } = await new FakeReferees(["s1", "s2"], ["own"], new Set(["s2"])).read(true);
    expect([counted.get("s1"), counted.get("s2")]).toEqual([
      { readings: 3, disagreements: 0 },
      { readings: 3, disagreements: 3 },
    ]);
  });
});
