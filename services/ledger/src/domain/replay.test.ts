import type { LedgerTransferred } from "@flock/proto/events";
import { type Transfer, TransferPhase } from "@flock/proto/ledger";
import { CHAIN_START, canonicalBytes, chainHash } from "./chain-hash.js";
import { Replay } from "./replay.js";

const transfer = (
  sequence: bigint,
  kind: string,
  amount: bigint,
  more: Partial<Transfer> = {},
): Transfer => ({
  transferId: `${kind}:${more.businessId ?? "j"}`,
  kind,
  debitAccount: "wallet:alice",
  creditAccount: "earnings:worker",
  amountMicro: amount,
  businessId: "j",
  createdUnixMs: 1_700_000_000_000,
  sequence,
  phase: TransferPhase.SINGLE,
  ...more,
});

/** A grant, a hold, and its settlement with a fee in two parts. */
function wholeChain(): LedgerTransferred[] {
  const commits: Transfer[][] = [
    [
      transfer(1n, "grant", 100n, {
        debitAccount: "pool:dev",
        creditAccount: "wallet:alice",
        businessId: "g",
      }),
    ],
    [transfer(2n, "hold", 60n, { creditAccount: "escrow:jobs", phase: TransferPhase.PENDING })],
    [
      transfer(3n, "settlement", 38n, { phase: TransferPhase.POST }),
      transfer(4n, "fee", 2n, { creditAccount: "pool:fees" }),
    ],
  ];
  let previousHash: Uint8Array = CHAIN_START;
  return commits.flatMap((transfers, index) => {
    const hash = chainHash(previousHash, canonicalBytes(transfers));
    const event = { version: 1, chainPosition: BigInt(index + 1), previousHash, hash };
    previousHash = hash;
    return transfers.map((one, part) => ({ ...event, transfers: [one], part, parts: transfers.length }));
  });
}

function replayed(events: readonly LedgerTransferred[]): Replay {
  const replay = new Replay();
  for (const event of events) replay.take(event);
  return replay;
}

const tampered = (index: number, change: Partial<Transfer>): LedgerTransferred[] =>
  wholeChain().map((event, at) =>
    at === index ? { ...event, transfers: event.transfers.map((one) => ({ ...one, ...change })) } : event,
  );

describe("a replay", () => {
  it("rebuilds balances and holds", () => {
    const half = replayed(wholeChain().slice(0, 2));
    expect(half.balances.get("wallet:alice")).toEqual({ posted: 100n, held: 60n });
    const whole = replayed(wholeChain());
    expect(whole.faults).toEqual([]);
    expect(whole).toMatchObject({ position: 3n, transfers: 4, waiting: 0 });
    expect(Object.fromEntries(whole.balances)).toMatchObject({
      "pool:dev": { posted: -100n, held: 0n },
      "wallet:alice": { posted: 60n, held: 0n },
      "earnings:worker": { posted: 38n, held: 0n },
      "pool:fees": { posted: 2n, held: 0n },
    });
  });

  it("takes events that come twice, or before those they follow", () => {
    const events = wholeChain();
    const shuffled = replayed([...events.slice(1).reverse(), ...events, ...events]);
    expect(shuffled.faults).toEqual([]);
    expect(shuffled).toMatchObject({ position: 3n, transfers: 4, waiting: 0 });
    expect(shuffled.balances).toEqual(replayed(events).balances);
  });

  it.each<[string, Partial<Transfer>]>([
    ["an amount", { amountMicro: 99n }],
    ["who paid", { debitAccount: "wallet:bob" }],
    ["who was paid", { creditAccount: "wallet:bob" }],
    ["what for", { businessId: "other" }],
    ["when", { createdUnixMs: 1_700_000_000_001 }],
    ["a kind", { kind: "deposit" }],
    ["an id", { transferId: "grant:other" }],
    ["a number", { sequence: 5n }],
    ["a phase", { phase: TransferPhase.PENDING }],
  ])("notices that %s was changed", (_, change) => {
    for (const index of [0, 3]) {
      const { faults } = replayed(tampered(index, change));
      expect(faults).toContainEqual(expect.stringContaining("breaks the chain"));
    }
  });

  it("notices that a commit was left out, put in or cut", () => {
    const events = wholeChain();
    expect(replayed(events.filter(({ chainPosition }) => chainPosition !== 2n))).toMatchObject({
      position: 1n,
      waiting: 1,
    });
    expect(replayed(events.slice(0, -1))).toMatchObject({ position: 2n, waiting: 1 });
    const [first] = events;
    const forged = events.map((event, at) => (at === 1 ? { ...event, ...first, chainPosition: 2n } : event));
    expect(replayed(forged).faults).not.toEqual([]);
  });

  it("notices a resolution of something that is not open", () => {
    const release = transfer(9n, "void", 60n, { phase: TransferPhase.VOID });
    const replay = replayed(wholeChain());
    replay.applyUnchained([release]);
    expect(replay.faults).toEqual(["void:j resolves hold:j, which is not open"]);
  });
});
