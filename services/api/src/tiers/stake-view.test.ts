import { SteppedClock } from "@flock/mesh/testing";
import { type MicroLlama, microLlama } from "@flock/money";
import { StakeView } from "./stake-view.js";

/** A view over stakes that a test sets, whose reads it answers one by one. */
function viewUnderTest() {
  const clock = new SteppedClock();
  const reads: { owner: string; answer: (stake: MicroLlama) => void; fail: () => void }[] = [];
  const view = new StakeView({
    read: (owner) =>
      new Promise((answer, reject) => reads.push({ owner, answer, fail: () => reject(new Error("away")) })),
    ttlMs: 1_000,
    entriesMax: 2,
    clock: () => clock.nowMs(),
  });
  const pass = (durationMs: number) => clock.step(durationMs);
  return { view, reads, pass };
}

const settled = () => new Promise(setImmediate);
const ten = microLlama(10n);

describe("StakeView", () => {
  it("never waits: an owner is unknown until the first read is back", async () => {
    const { view, reads } = viewUnderTest();
    expect(view.stakeOf("a")).toBeUndefined();
    expect(view.stakeOf("a")).toBeUndefined();
    expect(reads).toHaveLength(1);
    reads[0]?.answer(ten);
    await settled();
    expect(view.stakeOf("a")).toBe(10n);
    expect(reads).toHaveLength(1);
  });

  it("reads a stake again when it is old, and answers with the old one meanwhile", async () => {
    const { view, reads, pass } = viewUnderTest();
    view.learn("a", ten);
    pass(1_000);
    expect(view.stakeOf("a")).toBe(10n);
    expect(reads).toHaveLength(0);
    pass(1);
    expect(view.stakeOf("a")).toBe(10n);
    reads[0]?.answer(microLlama(3n));
    await settled();
    expect(view.stakeOf("a")).toBe(3n);
  });

  it("keeps what it knows when the ledger is away, and asks again two seconds later", async () => {
    const { view, reads, pass } = viewUnderTest();
    view.learn("a", ten);
    pass(1_001);
    view.stakeOf("a");
    reads[0]?.fail();
    await settled();
    expect(view.stakeOf("a")).toBe(10n);
    expect(reads).toHaveLength(1);
    pass(2_001);
    view.stakeOf("a");
    expect(reads).toHaveLength(2);
  });

  it("does not let a read that began before overwrite what was learned since", async () => {
    const { view, reads } = viewUnderTest();
    view.stakeOf("a");
    view.learn("a", ten);
    reads[0]?.answer(microLlama(0n));
    await settled();
    expect(view.stakeOf("a")).toBe(10n);
  });

  it("forgets who was not asked for longest", () => {
    const { view } = viewUnderTest();
    for (const owner of ["a", "b"]) view.learn(owner, ten);
    view.stakeOf("a");
    view.learn("c", ten);
    expect([view.stakeOf("a"), view.stakeOf("c"), view.stakeOf("b")]).toEqual([10n, 10n, undefined]);
  });
});
