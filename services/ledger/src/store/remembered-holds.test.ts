import { microLlama } from "@flock/money";
import type { Settle } from "../domain/job-operations.js";
import type { PlannedTransfer } from "../domain/transfer.js";
import { noFacts } from "./read-facts.js";
import { RememberedHolds } from "./remembered-holds.js";

const ACCOUNTS = new Map([
  ["wallet:alice", 7n],
  ["earnings:worker", 8n],
] as const);

const hold = (jobId: string): PlannedTransfer => ({
  kind: "hold",
  phase: "pending",
  debit: "wallet:alice",
  credit: "escrow:jobs",
  amount: microLlama(100n),
  businessId: jobId,
  timeoutMs: 1_000,
});

const settlement = (jobId: string): PlannedTransfer => ({
  kind: "settlement",
  phase: "post",
  debit: "wallet:alice",
  credit: "earnings:worker",
  amount: microLlama(95n),
  businessId: jobId,
  pendingId: `hold:${jobId}`,
});

const settle = (jobId: string, workerId = "worker"): Settle => ({
  kind: "settle",
  jobId,
  accountId: "alice",
  workerId,
  requesterId: "requester",
  model: "model",
  modelDigest: "",
  promptTokens: 1n,
  completionTokens: 1n,
  promptPrice: microLlama(1n),
  completionPrice: microLlama(1n),
  finishedAtMs: 0,
});

describe("remembered holds", () => {
  let remembered: RememberedHolds;
  beforeEach(() => {
    remembered = new RememberedHolds();
    remembered.note([hold("before"), settlement("before")], ACCOUNTS);
  });

  it("give the facts that a settlement of them needs", () => {
    remembered.note([hold("j")], ACCOUNTS);
    const facts = noFacts();
    expect(remembered.recall([settle("j")], facts)).toEqual([]);
    expect(facts.accountIds).toEqual(ACCOUNTS);
    expect([...facts.transfers]).toEqual([
      ["hold:j", { debit: "wallet:alice", credit: "escrow:jobs", amount: 100n }],
    ]);
  });

  it.each(["settlement", "void", "expire"] as const)("are forgotten with their %s", (kind) => {
    remembered.note([hold("j"), { ...settlement("j"), kind }], ACCOUNTS);
    expect(remembered.recall([settle("j")], noFacts())).toEqual([settle("j")]);
  });

  it("leave to be read a job that the group asks something else about, too", () => {
    remembered.note([hold("j"), hold("k")], ACCOUNTS);
    const compensate = { kind: "compensate", jobId: "j", amount: microLlama(1n) } as const;
    expect(remembered.recall([settle("j"), settle("k"), compensate], noFacts())).toEqual([
      settle("j"),
      compensate,
    ]);
  });

  it("leave to be read what they do not know: other operations, holds of others, workers paid for the first time", () => {
    remembered.note([hold("j")], ACCOUNTS);
    const unknown = [{ kind: "void", jobId: "j" } as const, settle("other"), settle("j", "stranger")];
    const facts = noFacts();
    expect(remembered.recall(unknown, facts)).toEqual(unknown);
    expect(facts).toEqual(noFacts());
  });

  it("are no more than 50 000: the oldest are forgotten first", () => {
    const jobs = Array.from({ length: 50_001 }, (_, number) => `j${number}`);
    remembered.note(jobs.map(hold), ACCOUNTS);
    const ends = [settle("j0"), settle("j1"), settle("j50000")];
    expect(remembered.recall(ends, noFacts())).toEqual([settle("j0")]);
  });
});
