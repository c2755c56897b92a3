import { isIdentityId } from "@flock/keys";
import { microLlama } from "@flock/money";
import { attributeDeposit, depositReference } from "./attribute-deposit.js";
import { accountMemo } from "./memos.js";

const MIN = microLlama(100n);
const attribute = (memos: string[], referenced: string[] = [], amount = 100n) =>
  attributeDeposit({ memos, referenced, amount: microLlama(amount) }, MIN);

describe("attributeDeposit", () => {
  it.each([
    [[accountMemo("alice")], []],
    [["  flock:alice\n"], []],
    [["thanks!", "flock:alice", "flock:alice"], []],
    [[], ["alice"]],
    [["flock:alice"], ["alice"]],
  ])("credits %j with references %j", (memos, referenced) => {
    expect(attribute(memos, referenced)).toEqual({ kind: "credit", accountId: "alice" });
  });

  it.each([
    [[], [], "unattributed"],
    [["alice"], [], "unattributed"],
    [["Flock:alice"], [], "unattributed"],
    [["flock:"], [], "unattributed"],
    [["flock:a b"], [], "unattributed"],
    [["flock:wallet:alice"], [], "unattributed"],
    [["flock:alice", "flock:bob"], [], "ambiguous"],
    [["flock:alice"], ["bob"], "ambiguous"],
    [[], ["alice", "bob"], "ambiguous"],
  ])("suspends %j with references %j as %s", (memos, referenced, reason) => {
    expect(attribute(memos, referenced)).toEqual({ kind: "suspend", reason });
  });

  it("suspends what is below the minimum, to the unit", () => {
    expect(attribute(["flock:alice"], [], 99n)).toEqual({ kind: "suspend", reason: "below_minimum" });
    expect(attribute(["flock:alice"], [], 100n)).toMatchObject({ kind: "credit" });
  });
});

describe("depositReference", () => {
  it("is a key of its own for each network, mint and account, always the same", () => {
    const reference = depositReference("network", "mint", "alice");
    expect(isIdentityId(reference)).toBe(true);
    expect(depositReference("network", "mint", "alice")).toBe(reference);
    const others = [
      depositReference("network2", "mint", "alice"),
      depositReference("network", "mint2", "alice"),
      depositReference("network", "mint", "alice2"),
    ];
    expect(new Set([reference, ...others]).size).toBe(4);
  });
});
