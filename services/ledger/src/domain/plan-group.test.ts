import { microLlama, TOTAL_SUPPLY } from "@flock/money";
import type { AccountCode } from "./account-code.js";
import type { Facts, TransferFact } from "./draft.js";
import type { Fund } from "./funding.js";
import { genesisTransfers } from "./genesis.js";
import type { Expire, Hold, Settle, Void } from "./job-operations.js";
import { planGroup } from "./plan-group.js";
import { holdHash, settleHash } from "./plan-jobs.js";

const hold = (jobId: string, max: bigint, more: Partial<Hold> = {}): Hold => ({
  kind: "hold",
  jobId,
  accountId: "alice",
  amountMax: microLlama(max),
  amountMin: microLlama(1n),
  timeoutMs: 60_000,
  ...more,
});
const settle = (jobId: string, completionTokens: bigint, more: Partial<Settle> = {}): Settle => ({
  kind: "settle",
  jobId,
  accountId: "alice",
  workerId: "worker",
  requesterId: "requester",
  model: "tiny:latest",
  modelDigest: "digest",
  promptTokens: 0n,
  completionTokens,
  promptPrice: microLlama(1n),
  completionPrice: microLlama(1n),
  finishedAtMs: 1,
  ...more,
});
const giveBack = (kind: "void" | "expire", jobId: string): Void | Expire => ({ kind, jobId });
const fund = (transferId: string, amount: bigint): Fund => ({
  kind: "fund",
  transferId,
  accountId: "alice",
  amount: microLlama(amount),
});
const facts = (
  available: bigint,
  holds: Record<string, TransferFact> = {},
  grants: Record<string, TransferFact> = {},
): Facts => ({
  available: new Map<AccountCode, ReturnType<typeof microLlama>>([["wallet:alice", microLlama(available)]]),
  transfers: new Map([
    ...Object.entries(holds).map(([id, fact]) => [`hold:${id}`, fact] as const),
    ...Object.entries(grants).map(([id, fact]) => [`grant:${id}`, fact] as const),
  ]),
  settlements: new Map(),
  cooldowns: new Map(),
});
const recorded = (of: Hold, more: Partial<TransferFact> = {}): TransferFact => ({
  debit: "wallet:alice",
  credit: "escrow:jobs",
  amount: of.amountMax,
  requestHash: holdHash(of),
  isExpired: false,
  ...more,
});
const plan = (operations: Parameters<typeof planGroup>[0], given: Facts) =>
  planGroup(operations, given, { workerShareBps: 9_500, unstakeCooldownSeconds: 60 });

describe("planning holds", () => {
  it("grants the maximum, or what is there if that is at least the minimum, or nothing", () => {
    expect(plan([hold("j", 60n)], facts(100n)).outcomes).toEqual([
      { kind: "held", granted: 60n, available: 40n },
    ]);
    expect(plan([hold("j", 160n)], facts(100n)).outcomes).toEqual([
      { kind: "held", granted: 100n, available: 0n },
    ]);
    const greedy = hold("j", 160n, { amountMin: microLlama(101n) });
    expect(plan([greedy], facts(100n))).toMatchObject({
      transfers: [],
      outcomes: [{ kind: "insufficient_funds", available: 100n }],
    });
    expect(plan([hold("j", 1n, { accountId: "nobody" })], facts(100n)).outcomes).toEqual([
      { kind: "insufficient_funds", available: 0n },
    ]);
  });

  it("never grants nothing, even to a request that would be content with it", () => {
    const modest = hold("j", 5n, { amountMin: microLlama(0n) });
    expect(plan([modest], facts(0n)).outcomes).toEqual([{ kind: "insufficient_funds", available: 0n }]);
  });

  it("lets two holds of one group share what one wallet has", () => {
    const { transfers, outcomes } = plan([hold("a", 70n), hold("b", 70n), hold("c", 70n)], facts(100n));
    expect(outcomes).toEqual([
      { kind: "held", granted: 70n, available: 30n },
      { kind: "held", granted: 30n, available: 0n },
      { kind: "insufficient_funds", available: 0n },
    ]);
    expect(transfers.map(({ businessId, amount }) => [businessId, amount])).toEqual([
      ["a", 70n],
      ["b", 30n],
    ]);
  });

  it("answers a repeated hold as the first time, in the same group or a later one", () => {
    expect(plan([hold("j", 60n), hold("j", 60n)], facts(100n))).toMatchObject({
      transfers: [{ kind: "hold" }],
      outcomes: [{ granted: 60n }, { kind: "held", granted: 60n, available: 40n }],
    });
    const first = hold("j", 60n);
    expect(plan([first], facts(40n, { j: recorded(first) }))).toEqual({
      transfers: [],
      settlements: [],
      outcomes: [{ kind: "held", granted: 60n, available: 40n }],
    });
  });

  it("refuses another request under the same job id, and a hold that is over", () => {
    const first = hold("j", 60n);
    const other = facts(40n, { j: recorded(first) });
    for (const different of [
      hold("j", 61n),
      hold("j", 60n, { accountId: "bob" }),
      hold("j", 60n, { timeoutMs: 1 }),
    ]) {
      expect(plan([different], other).outcomes).toEqual([{ kind: "conflict" }]);
    }
    expect(plan([first], facts(40n, { j: recorded(first, { isExpired: true }) })).outcomes).toEqual([
      { kind: "ended" },
    ]);
    const voided = recorded(first, { resolution: { phase: "void", requestHash: undefined } });
    expect(plan([first], facts(40n, { j: voided })).outcomes).toEqual([{ kind: "ended" }]);
  });
});

describe("planning settlements", () => {
  it("makes one linked set that resolves the hold once", () => {
    const { transfers, settlements } = plan([settle("j", 100n)], facts(0n, { j: recorded(hold("j", 150n)) }));
    expect(transfers).toEqual([
      {
        kind: "settlement",
        phase: "post",
        debit: "wallet:alice",
        credit: "earnings:worker",
        amount: 95n,
        businessId: "j",
        pendingId: "hold:j",
        requestHash: settleHash(settle("j", 100n)),
      },
      {
        kind: "fee",
        phase: "single",
        debit: "wallet:alice",
        credit: "pool:fees",
        amount: 5n,
        businessId: "j",
        linkedId: "settlement:j",
      },
    ]);
    expect(settlements).toMatchObject([
      { charged: { charge: 100n, workerShare: 95n, protocolShare: 5n }, held: 150n },
    ]);
  });

  it("lets the fee resolve the hold when the worker's share rounds to nothing", () => {
    const { transfers } = plan([settle("j", 1n)], facts(0n, { j: recorded(hold("j", 9n)) }));
    expect(transfers).toMatchObject([{ kind: "fee", phase: "post", amount: 1n, pendingId: "hold:j" }]);
  });

  it("records a job that cost nothing, and gives its hold back", () => {
    const free = settle("j", 0n);
    const given = facts(0n, { j: recorded(hold("j", 9n)) });
    expect(plan([free, free], given)).toMatchObject({
      transfers: [{ kind: "void", amount: 9n }],
      settlements: [{ charged: { charge: 0n } }],
      outcomes: [{ kind: "settled", charge: 0n }, { kind: "already_settled" }],
    });
  });

  it("settles a hold made earlier in the same group, and gives the rest back for the next", () => {
    const { outcomes } = plan([hold("a", 100n), settle("a", 10n), hold("b", 100n)], facts(100n));
    expect(outcomes).toEqual([
      { kind: "held", granted: 100n, available: 0n },
      { kind: "settled", charge: 10n },
      { kind: "held", granted: 90n, available: 0n },
    ]);
  });

  it("settles once: a repeated event changes nothing, another event for the job is a conflict", () => {
    const given = facts(0n, { j: recorded(hold("j", 100n)) });
    expect(plan([settle("j", 10n), settle("j", 10n), settle("j", 11n)], given)).toMatchObject({
      settlements: [{ charged: { charge: 10n } }],
      outcomes: [{ kind: "settled" }, { kind: "already_settled" }, { kind: "conflict" }],
    });
  });

  it("charges nothing without a hold, to another account's hold, or after a void", () => {
    const given = facts(0n, { j: recorded(hold("j", 100n)) });
    expect(plan([settle("x", 10n)], given).outcomes).toEqual([{ kind: "no_hold" }]);
    expect(plan([settle("j", 10n, { accountId: "bob" })], given).outcomes).toEqual([{ kind: "conflict" }]);
    expect(plan([giveBack("void", "j"), settle("j", 10n)], given).outcomes).toMatchObject([
      {},
      { kind: "voided" },
    ]);
  });

  it("does not charge a hold whose time is over, and gives it back on the spot", () => {
    const given = facts(0n, { j: recorded(hold("j", 100n), { isExpired: true }) });
    expect(plan([settle("j", 10n)], given)).toMatchObject({
      transfers: [{ kind: "expire", amount: 100n }],
      settlements: [],
      outcomes: [{ kind: "expired" }],
    });
  });
});

describe("planning releases", () => {
  it("voids an open hold once", () => {
    const given = facts(0n, { j: recorded(hold("j", 100n)) });
    expect(plan([giveBack("void", "j"), giveBack("void", "j"), giveBack("void", "x")], given)).toMatchObject({
      transfers: [{ kind: "void", phase: "void", amount: 100n, pendingId: "hold:j" }],
      outcomes: [
        { kind: "given_back", amount: 100n },
        { kind: "nothing_to_give_back" },
        { kind: "nothing_to_give_back" },
      ],
    });
  });

  it("expires only what is past its time", () => {
    const given = facts(0n, {
      late: recorded(hold("late", 100n), { isExpired: true }),
      early: recorded(hold("early", 100n)),
    });
    expect(plan([giveBack("expire", "late"), giveBack("expire", "early")], given).outcomes).toEqual([
      { kind: "given_back", amount: 100n },
      { kind: "nothing_to_give_back" },
    ]);
  });
});

describe("planning what funds a wallet", () => {
  it("funds once per transfer id, and lets a hold of the same group spend it", () => {
    expect(plan([fund("g", 50n), fund("g", 50n), hold("j", 60n)], facts(0n)).outcomes).toEqual([
      { kind: "funded", available: 50n },
      { kind: "funded", available: 50n },
      { kind: "held", granted: 50n, available: 0n },
    ]);
  });

  it("refuses another request under the same id, and more than exists", () => {
    const [funded] = plan([fund("g", 50n)], facts(0n)).transfers;
    if (funded === undefined) throw new Error("nothing was planned");
    const { debit, credit, amount, requestHash } = funded;
    const given = facts(7n, {}, { g: { debit, credit, amount, requestHash, isExpired: false } });
    expect(plan([fund("g", 50n), fund("g", 51n), fund("h", TOTAL_SUPPLY)], given)).toEqual({
      transfers: [],
      settlements: [],
      outcomes: [{ kind: "funded", available: 7n }, { kind: "conflict" }, { kind: "pool_exhausted" }],
    });
  });
});

describe("genesis", () => {
  it("hands out exactly the total supply: 95 % rewards, 2.5 % liquidity, 2.5 % dev", () => {
    const amounts = genesisTransfers().map(({ credit, amount }) => [credit, amount / 1_000_000n]);
    expect(amounts).toEqual([
      ["pool:rewards", 95_000_000_000n],
      ["pool:liquidity", 2_500_000_000n],
      ["pool:dev", 2_500_000_000n],
    ]);
    expect(genesisTransfers().reduce((sum, { amount }) => sum + amount, 0n)).toBe(TOTAL_SUPPLY);
  });
});
