import { FlockError } from "@flock/errors";
import { Outcome } from "@flock/proto/jobs";
import fc from "fast-check";
import { JobUnderTest, jobSpec, type Lease, LIMITS } from "./job-rig.js";

/* Whatever happens to a job, in any order: what always holds of it. */

const TOKENS_MAX = 3;
/** More than any answer has: the ledger may grant less than was asked for, or as much. */
const HOLD_TOKENS = fc.integer({ min: 1, max: TOKENS_MAX + 2 });

type Event =
  | { readonly kind: "claim"; readonly worker: number }
  | { readonly kind: "chunk"; readonly lease: number; readonly skip: number }
  | { readonly kind: "final"; readonly lease: number; readonly outcome: Outcome; readonly isVouched: boolean }
  | { readonly kind: "hold"; readonly answer: "granted" | "refused" | "uncertain"; readonly tokens: number }
  | { readonly kind: "cancel" | "fail" | "route" | "router_refuses" | "router_away" | "blameless" }
  | { readonly kind: "time"; readonly ms: number };

/** Mostly the first of these, so that jobs come far. */
function mostly<T>(...[usual, ...others]: readonly [T, ...T[]]): fc.Arbitrary<T> {
  return fc.oneof(
    { weight: 6, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );
}

/** Which of the leases so far an event is about, counted from the last one. */
const lease = mostly(0, 1, 2);
const chunks = fc.record({ kind: fc.constant("chunk" as const), lease, skip: mostly(0, 1, -1) });
const finals = fc.record({
  kind: fc.constant("final" as const),
  lease,
  outcome: mostly(Outcome.COMPLETED, Outcome.CANCELLED, Outcome.FAILED, Outcome.RETURNED, Outcome.REFUSED),
  isVouched: mostly(true, false),
});
const holds = fc.record({
  kind: fc.constant("hold" as const),
  answer: fc.constantFrom("granted" as const, "granted" as const, "refused" as const, "uncertain" as const),
  tokens: HOLD_TOKENS,
});
const times = fc.record({
  kind: fc.constant("time" as const),
  ms: fc.constantFrom(100, LIMITS.cancelTimeoutMs + 1, LIMITS.exclusionMs, 60_001, 180_001, 3_600_001),
});
const others = fc.record({
  kind: fc.constantFrom("cancel", "fail", "route", "router_refuses", "router_away", "blameless"),
} as const);
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("claim" as const), worker: fc.nat(2) }) },
  { weight: 10, arbitrary: chunks },
  { weight: 3, arbitrary: finals },
  { weight: 1, arbitrary: holds },
  { weight: 1, arbitrary: times },
  { weight: 1, arbitrary: others },
);

/** A job with everything that was done to it, and what must hold after each of its events. */
class WatchedJob extends JobUnderTest {
  readonly leases: Lease[] = [];
  /** Numbers of the leases whose finals said more than their receipts. */
  readonly unvouched = new Set<number>();
  paidTokens = Number.POSITIVE_INFINITY;
  #textBefore = "";

  constructor(
    readonly hasHold: boolean,
    resume: "continue" | "whole",
  ) {
    const spec = jobSpec({ completionTokensMax: TOKENS_MAX, resume });
    super(hasHold ? spec : { ...spec, payer: { kind: "nobody" } });
  }

  happen(event: Event): void {
    switch (event.kind) {
      case "claim": {
        const claimed = this.claim(event.worker);
        if (typeof claimed !== "number") this.leases.push(claimed);
        break;
      }
      case "chunk":
        this.#withLease(event.lease, (one) => this.chunk(one, `${one.tokens} `, event.skip));
        break;
      case "final":
        this.#withLease(event.lease, (one) => {
          if (!event.isVouched && this.job.holds(one.identity.id, one.number)) this.unvouched.add(one.number);
          this.final(one, event.outcome, event.isVouched ? {} : { completionTokens: one.tokens + 1 });
        });
        break;
      case "hold":
        this.#answerHold(event.answer, event.tokens);
        break;
      case "cancel":
        this.job.decide({ outcome: "cancelled", doneReason: "" }, this.nowMs);
        break;
      case "fail":
        this.job.decide(
          { outcome: "failed", doneReason: "", error: new FlockError("aborted", "nonsense"), isFree: true },
          this.nowMs,
        );
        break;
      case "route":
        this.job.routed({ routerId: "router", etaMs: 0 }, this.nowMs);
        break;
      case "router_refuses":
        this.job.routeRefused(new FlockError("unavailable", "nobody serves it"), this.nowMs);
        break;
      case "router_away":
        this.job.routeFailed(new FlockError("unavailable", "no router"), this.nowMs);
        break;
      case "blameless":
        this.isBlameless = !this.isBlameless;
        break;
      case "time":
        this.pass(event.ms);
        break;
    }
    this.expectInvariants();
  }

  expectInvariants(): void {
    const { job } = this;
    // Delivered text only grows, and nothing is delivered before the money is certain.
    expect(this.text.startsWith(this.#textBefore)).toBe(true);
    this.#textBefore = this.text;
    if (job.hold === "pending" || job.hold === "refused" || job.hold === "uncertain")
      expect(this.text).toBe("");
    // Whatever is late, lost, cancelled or told twice: no worker that vouches for its words is an offender.
    const offences = this.notes.filter(
      (note) =>
        note.kind === "foreign_receipt" ||
        (note.kind === "lease_ended" && ["unreadable", "unvouched"].includes(note.how)),
    );
    if (this.unvouched.size === 0) expect(offences).toEqual([]);
    // At most one lease lives.
    const live = this.leases.filter(({ identity, number }) => job.holds(identity.id, number));
    expect(live.length).toBe(job.hasLease ? 1 : 0);
    // The caller hears of one end, and of nothing after it.
    expect(this.ends.length).toBeLessThanOrEqual(1);
    if (this.ends.length === 1) {
      const last = this.effects.filter((effect) => effect === "chunk" || effect === "end").at(-1);
      expect(last).toBe("end");
    }
    // It hears of what is certain once, behind the end; and that is what the ledger is told.
    expect(this.closes.length).toBe(job.phase === "ended" ? 1 : 0);
    if (this.closes.length === 1) expect(this.effects.at(-1)).toBe("closed");
    const costMicro = this.completed.map(({ isFree, promptTokens, completionTokens }) =>
      isFree ? 0n : BigInt(promptTokens) + 3n * BigInt(completionTokens),
    );
    for (const { chargeMicro } of this.closes) expect(chargeMicro).toBe(costMicro[0] ?? 0n);
    // Each moment of it is in one stage.
    const { queueMs, claimMs, prefillMs, decodeMs } = job.progress(this.nowMs).timings;
    if (job.phase === "waiting" || job.hasLease)
      expect(queueMs + claimMs + prefillMs + decodeMs).toBe(this.nowMs);
    // The services are told once the hold is decided, and once.
    const told = this.completed.length + this.failed.length;
    if (job.hold === "pending" || job.hold === "refused" || job.hold === "unasked") expect(told).toBe(0);
    else expect(told).toBe(job.phase === "ended" ? 1 : 0);
    expect(this.effects.filter((effect) => effect === "ended").length).toBe(job.phase === "ended" ? 1 : 0);
    // A charge is never more than the hold pays, nor than was asked for, and never without money or receipt.
    for (const { completionTokens, receipt, workerId, isFree } of this.completed) {
      expect(job.hold).toBe(isFree ? "none" : "granted");
      expect(completionTokens).toBeLessThanOrEqual(Math.min(this.paidTokens, TOKENS_MAX));
      expect(this.unvouched.has(job.lease)).toBe(false);
      expect([receipt?.signer, this.leases.at(-1)?.identity.id]).toEqual([workerId, workerId]);
    }
  }

  /** Brings the job to its end: every worker falls silent, and the ledger answers at last. */
  conclude({ answer, tokens }: Extract<Event, { kind: "hold" }>): void {
    this.#answerHold(answer, tokens);
    this.expectInvariants();
    for (let looks = 0; looks < 3; looks++) {
      this.pass(3_600_001);
      this.expectInvariants();
    }
    expect(this.job.phase).toBe("ended");
    expect(this.ends).toHaveLength(1);
    expect(this.ends[0]?.workerIds).toEqual(this.leases.map(({ identity }) => identity.id));
  }

  #withLease(fromLast: number, act: (lease: Lease) => void): void {
    const lease = this.leases.at(-1 - fromLast);
    if (lease !== undefined) act(lease);
  }

  #answerHold(answer: "granted" | "refused" | "uncertain", tokens: number): void {
    if (this.job.hold !== "pending") return;
    if (answer === "granted") {
      this.paidTokens = tokens;
      this.job.holdGranted({ completionTokensMax: tokens }, this.nowMs);
    } else this.job.holdRefused(answer, new FlockError("insufficient_funds", "no hold"), this.nowMs);
  }
}

describe("a job to which anything happens, in any order,", () => {
  it.each(["continue", "whole"] as const)(
    "delivers in order, ends once, is told of once, and is never charged more than its hold pays (%s)",
    (resume) => {
      fc.assert(
        fc.property(
          fc.boolean(),
          fc.array(event, { maxLength: 40 }),
          holds,
          (hasHold, events, lastAnswer) => {
            const job = new WatchedJob(hasHold, resume);
            job.expectInvariants();
            for (const one of events) job.happen(one);
            job.conclude(lastAnswer);
          },
        ),
        { numRuns: 1_000 },
      );
    },
  );
});
