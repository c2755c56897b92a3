import { microLlama } from "@flock/money";
import { type ChainTransaction, readMovement } from "./movement.js";

const read = (more: Partial<ChainTransaction>, loss = 0n, isOurBatch = false) => {
  const chainTx: ChainTransaction = {
    signature: "signature",
    slot: 7n,
    error: undefined,
    delta: 50n,
    isMint: false,
    memos: ["flock:alice"],
    signers: ["sender"],
    accountKeys: [],
    senders: ["sender"],
    ...more,
  };
  const context = { treasury: "treasury", depositMin: microLlama(10n), isOurBatch, loss, referenced: [] };
  return readMovement(chainTx, context);
};
const signers = ["treasury", "sender"];

describe("readMovement", () => {
  it.each<[string, Partial<ChainTransaction>, bigint, string, string]>([
    ["what somebody sends", {}, 0n, "deposit", "seen"],
    ["what our key sends", { signers }, 0n, "custody", "seen"],
    ["what is minted", { isMint: true }, 0n, "custody", "seen"],
    ["what leaves", { delta: -50n, signers }, 0n, "foreign", "noted"],
    ["nothing", { delta: 0n }, 0n, "none", "noted"],
    // After 50 have left behind our back.
    ["all of it, back by our key", { signers }, 50n, "foreign", "noted"],
    ["a part of it, back by our key", { signers, delta: 1n }, 50n, "foreign", "noted"],
    ["more than that, by our key", { signers, delta: 51n }, 50n, "custody", "seen"],
    ["as much, by somebody else", {}, 50n, "deposit", "seen"],
    ["as much, minted", { isMint: true, signers }, 50n, "custody", "seen"],
  ])("takes %s for what it is", (_, more, loss, kind, state) => {
    expect(read(more, loss)).toMatchObject({ kind, state });
  });

  it("takes our own batches for payouts, whatever is missing", () => {
    expect(read({ delta: -50n, signers }, 50n, true)).toMatchObject({ kind: "payouts", state: "noted" });
  });

  it("leaves open whether anybody is known as the one account that is named, and nothing else", () => {
    expect(read({})).toMatchObject({ accountId: "alice", named: "alice", isDecided: false });
    // Too little: whoever it is, it is not credited.
    expect(read({ delta: 9n })).toMatchObject({ accountId: "", named: "alice", isDecided: true });
    expect(read({ memos: ["flock:alice", "flock:bob"] })).toMatchObject({ named: "", isDecided: true });
    expect(read({ memos: [] })).toMatchObject({ accountId: "", named: "", isDecided: true });
    expect(read({ signers })).toMatchObject({ accountId: "", named: "", isDecided: true });
  });
});
