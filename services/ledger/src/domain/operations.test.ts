import { type MicroLlama, microLlama } from "@flock/money";
import { type AccountCode, earningsOf, stakeOf, walletOf } from "./account-code.js";
import {
  type CooldownFact,
  type Draft,
  type Facts,
  GroupDraft,
  type SettlementFact,
  type TransferFact,
} from "./draft.js";
import { collectRule } from "./earnings.js";
import type { OperationRule } from "./operation-rule.js";
import { OPERATIONS, type Operation, type OperationKind, ruleOf, tableOf } from "./operations.js";
import { type Stake, type StakeOutcome, stakeRule } from "./stakes.js";
import type { PlannedTransfer } from "./transfer.js";

const micro = microLlama;

/** One of each kind: a kind that is missing here does not compile. */
const EXAMPLES: { readonly [Kind in OperationKind]: Operation<Kind> } = {
  hold: {
    kind: "hold",
    jobId: "j",
    accountId: "alice",
    amountMax: micro(50n),
    amountMin: micro(1n),
    timeoutMs: 60_000,
  },
  settle: {
    kind: "settle",
    jobId: "j",
    accountId: "alice",
    workerId: "worker",
    requesterId: "requester",
    model: "tiny:latest",
    modelDigest: "digest",
    promptTokens: 0n,
    completionTokens: 40n,
    promptPrice: micro(1n),
    completionPrice: micro(1n),
    finishedAtMs: 1,
  },
  void: { kind: "void", jobId: "j" },
  expire: { kind: "expire", jobId: "j" },
  fund: { kind: "fund", transferId: "f", accountId: "alice", amount: micro(5n) },
  custody: { kind: "custody", signature: "s", amount: micro(5n) },
  deposit: { kind: "deposit", signature: "s", accountId: "alice", amount: micro(5n) },
  claim_deposit: { kind: "claim_deposit", signature: "s", accountId: "alice" },
  reserve_payout: { kind: "reserve_payout", payoutId: "p", account: "vested:worker", amount: micro(5n) },
  post_payout: { kind: "post_payout", payoutId: "p", signature: "s" },
  void_payout: { kind: "void_payout", payoutId: "p" },
  stake: { kind: "stake", requestId: "r", owner: "alice", amount: micro(5n) },
  unstake: { kind: "unstake", requestId: "r", owner: "alice", amount: micro(5n) },
  release_stake: { kind: "release_stake", requestId: "r" },
  collect: { kind: "collect", requestId: "r", workerId: "worker", amount: micro(5n) },
  clawback: { kind: "clawback", jobId: "j" },
  slash: { kind: "slash", caseId: "j", owner: "alice", amount: micro(500n) },
  compensate: { kind: "compensate", jobId: "j", amount: micro(5n) },
  distribute: { kind: "distribute", distribution: "vest", epoch: 3n, receiver: "worker", amount: micro(5n) },
};
const KINDS = Object.keys(EXAMPLES) as readonly OperationKind[];

/** What some operations find recorded, beside what all find. */
const RECORDED: readonly (readonly [id: string, fact: TransferFact])[] = [
  ["hold:j", { debit: "wallet:alice", credit: "escrow:jobs", amount: micro(50n), isExpired: false }],
  ["payout:p", { debit: "vested:worker", credit: "external:solana", amount: micro(5n) }],
  ["deposit:s", { debit: "external:solana", credit: "suspense:deposits", amount: micro(5n) }],
  ["slash:j", { debit: "stake:alice", credit: "pool:slashed", amount: micro(5n) }],
];

/** A draft that notes what it is asked for and told. */
class ListeningDraft implements Draft<string> {
  readonly #draft: GroupDraft;
  readonly rules;
  readonly accounts = new Set<string>();
  readonly ids = new Set<string>();
  readonly jobs = new Set<string>();
  readonly requestIds = new Set<string>();
  readonly slashed = new Set<string>();
  readonly ended: PlannedTransfer[] = [];

  constructor(facts: Facts) {
    this.#draft = new GroupDraft(facts, { workerShareBps: 9_500, unstakeCooldownSeconds: 60 });
    this.rules = this.#draft.rules;
  }

  get transfers(): readonly PlannedTransfer[] {
    return this.#draft.transfers;
  }

  available(account: AccountCode): MicroLlama {
    this.accounts.add(account);
    return this.#draft.available(account);
  }

  transfer(id: string): TransferFact | undefined {
    this.ids.add(id);
    return this.#draft.transfer(id);
  }

  settlement(jobId: string): SettlementFact | undefined {
    this.jobs.add(jobId);
    return this.#draft.settlement(jobId);
  }

  cooldown(requestId: string): CooldownFact | undefined {
    this.requestIds.add(requestId);
    return this.#draft.cooldown(requestId);
  }

  move(planned: PlannedTransfer & { readonly phase: "single" }): void {
    this.#draft.move(planned);
  }

  reserve(planned: PlannedTransfer & { readonly phase: "pending" }): void {
    this.#draft.reserve(planned);
  }

  resolve(pending: TransferFact, planned: Parameters<Draft<string>["resolve"]>[1]): void {
    this.ended.push(planned);
    this.#draft.resolve(pending, planned);
  }

  recordSettlement(planned: Parameters<Draft<string>["recordSettlement"]>[0]): void {
    this.#draft.recordSettlement(planned);
  }

  startCooldown(requestId: string, cooling: AccountCode, remaining: MicroLlama): void {
    this.#draft.startCooldown(requestId, cooling, remaining);
  }

  endCooldown(requestId: string): void {
    this.#draft.endCooldown(requestId);
  }

  slashCooldowns(cooling: AccountCode, slashed: MicroLlama): void {
    this.slashed.add(cooling);
    this.#draft.slashCooldowns(cooling, slashed);
  }
}

const NOTHING: Facts = {
  available: new Map(),
  transfers: new Map(),
  settlements: new Map(),
  cooldowns: new Map(),
};

/** Everybody has money, and there is everything that the examples rest on; `isExpired` is of the hold. */
function everything(isExpired: boolean): Facts {
  const accounts = ["alice", "worker"].flatMap((owner): AccountCode[] =>
    (["wallet", "earnings", "vested", "stake", "cooling"] as const).map(
      (kind): AccountCode => `${kind}:${owner}`,
    ),
  );
  const settlement: SettlementFact = {
    wallet: walletOf("alice"),
    earnings: earningsOf("worker"),
    charge: micro(40n),
    workerShare: micro(38n),
    canBeChallenged: true,
  };
  return {
    available: new Map(accounts.map((account) => [account, micro(100n)])),
    transfers: new Map(RECORDED.map(([id, fact]) => [id, id === "hold:j" ? { ...fact, isExpired } : fact])),
    settlements: new Map([["j", settlement]]),
    cooldowns: new Map([["r", { cooling: "cooling:alice", remaining: micro(10n), isDue: true }]]),
  };
}

/** The facts as a ledger would have read them for the operation: what its rule does not name is not there. */
function readFor(operation: Operation, world: Facts): Facts {
  const rule = ruleOf(operation);
  const only = <Key, Fact>(all: ReadonlyMap<Key, Fact>, keys: readonly Key[]) =>
    new Map([...all].filter(([key]) => keys.includes(key)));
  const named = rule.cooldowns?.(operation) ?? { requestIds: [], accounts: [] };
  const cooldowns = [...world.cooldowns].filter(
    ([requestId, { cooling }]) => named.requestIds.includes(requestId) || named.accounts.includes(cooling),
  );
  return {
    available: world.available,
    transfers: only(world.transfers, rule.names(operation)),
    settlements: only(world.settlements, rule.settlements?.(operation) ?? []),
    cooldowns: new Map(cooldowns),
  };
}

/** Accounts that are known without the operation having named them: of what it named, and the protocol's own. */
function accountsKnown({ transfers, settlements, cooldowns }: Facts): AccountCode[] {
  return [
    ...[...transfers.values()].flatMap(({ debit, credit }) => [debit, credit]),
    ...[...settlements.values()].flatMap(({ wallet, earnings }) => [wallet, earnings]),
    ...[...cooldowns.values()].flatMap(({ cooling }) => [
      cooling,
      walletOf(cooling.slice("cooling:".length)),
    ]),
  ];
}

const isKept = (account: AccountCode) => /^(wallet|earnings|vested|stake|cooling):/.test(account);

describe.each(KINDS)("the rule of the operation %s", (kind) => {
  const operation: Operation = EXAMPLES[kind];
  const rule = ruleOf(operation);
  const worlds = [
    NOTHING,
    { ...everything(false), transfers: new Map() },
    everything(false),
    everything(true),
  ];
  const drafts = worlds.map((world) => {
    const facts = readFor(operation, world);
    const draft = new ListeningDraft(facts);
    rule.plan(draft, operation);
    return { draft, facts };
  });

  it("stands under its own kind", () => {
    expect(OPERATIONS[kind].kind).toBe(kind);
  });

  it("names every fact that its plan asks for", () => {
    const cooldowns = rule.cooldowns?.(operation) ?? { requestIds: [], accounts: [] };
    for (const { draft, facts } of drafts) {
      const accounts = [...rule.touches(operation), ...accountsKnown(facts)];
      expect([...draft.accounts].filter((account) => !accounts.includes(account as AccountCode))).toEqual([]);
      expect([...draft.ids].filter((id) => !rule.names(operation).includes(id))).toEqual([]);
      expect([...draft.jobs].filter((job) => !(rule.settlements?.(operation) ?? []).includes(job))).toEqual(
        [],
      );
      expect([...draft.requestIds].filter((id) => !cooldowns.requestIds.includes(id))).toEqual([]);
      expect([...draft.slashed].filter((code) => !cooldowns.accounts.includes(code as AccountCode))).toEqual(
        [],
      );
    }
  });

  it("makes something, between accounts that it names or opens or found, and resolves what it says", () => {
    const transfers = drafts.flatMap(({ draft }) => draft.transfers);
    expect(transfers.length).toBeGreaterThan(0);
    for (const { draft, facts } of drafts) {
      const known = [...rule.touches(operation), ...accountsKnown(facts)];
      for (const transfer of draft.transfers) {
        expect(rule.makes).toContain(transfer.kind);
        expect(
          [transfer.debit, transfer.credit].filter((code) => isKept(code) && !known.includes(code)),
        ).toEqual([]);
      }
      for (const { pendingId } of draft.ended)
        expect(pendingId).toMatch(new RegExp(`^${rule.resolves ?? "nothing"}:`));
    }
  });

  it("opens what it credits and names, and never what it debits", () => {
    const opened = rule.opens(operation);
    expect(opened.filter((account) => !rule.touches(operation).includes(account))).toEqual([]);
    for (const { draft, facts } of drafts)
      for (const { debit, credit, phase } of draft.transfers) {
        expect(opened).not.toContain(debit);
        const isNew = isKept(credit) && !accountsKnown(facts).includes(credit);
        if (isNew && phase !== "pending") expect(opened).toContain(credit);
      }
  });
});

describe("the table of operations", () => {
  it("has a rule for every kind of operation, and no other", () => {
    expect(Object.keys(OPERATIONS).sort()).toEqual([...KINDS].sort());
  });

  it("has no two rules that make a transfer of one kind, but for the ends of a hold", () => {
    const made = Object.values(OPERATIONS).flatMap(({ makes }): string[] => [...makes]);
    const twice = made.filter((kind, index) => made.indexOf(kind) !== index);
    expect(twice.sort()).toEqual(["expire", "void"]);
  });

  it("does not compile with a rule under another kind than its own", () => {
    // @ts-expect-error The rule of `collect` stands under `stake`.
    expect(tableOf({ stake: collectRule })).toEqual({ stake: collectRule });
    expect(tableOf({ stake: stakeRule })).toEqual({ stake: stakeRule });
  });

  it("does not compile with a rule that does not say what it names, or that plans what it does not make", () => {
    const { names, ...nameless } = stakeRule;
    // @ts-expect-error It does not say which transfers it must know of.
    const incomplete: OperationRule<Stake, StakeOutcome, "stake"> = nameless;
    // @ts-expect-error Its plan makes transfers of the kind `stake`.
    const other: OperationRule<Stake, StakeOutcome, "unstake"> = { ...stakeRule, makes: ["unstake"] };
    expect([incomplete.touches, other.touches, names]).toEqual([
      stakeRule.touches,
      stakeRule.touches,
      stakeRule.names,
    ]);
  });

  it("does not compile an operation that has no rule", () => {
    // @ts-expect-error Nobody has made a rule for it.
    const unknown: Operation = { kind: "spend", requestId: "r", amount: micro(1n) };
    expect(ruleOf(unknown)).toBeUndefined();
  });

  it("says of a stake what is known, opened and named for it", () => {
    const { stake } = EXAMPLES;
    expect(stakeRule.touches(stake)).toEqual([walletOf("alice"), stakeOf("alice")]);
    expect(stakeRule.opens(stake)).toEqual([stakeOf("alice")]);
    expect(stakeRule.names(stake)).toEqual(["stake:r"]);
  });
});
