import { microLlama } from "@flock/money";
import fc from "fast-check";
import {
  type ClaimOrder,
  claimText,
  readClaim,
  readUnstake,
  readWithdrawal,
  unstakeText,
  type WithdrawalOrder,
  withdrawalText,
} from "./order-text.js";

const MESSAGE: WithdrawalOrder = {
  network: "FHsyf3U1WmCzph9WVWs8vG74oKQzHRUW4np7QNLH9yUc",
  account: "7v91N7iZ9mNicL8WfG6cgSCKyRXydQjLh6UYBWwm6y1Q",
  amount: microLlama(1_500_000n),
  to: "7v91N7iZ9mNicL8WfG6cgSCKyRXydQjLh6UYBWwm6y1Q",
  id: "0b6c1d3a-7c1e-4b8a-9a50-8f7d3f1f2a10",
  expiresMs: Date.UTC(2026, 10, 22, 20),
};
const TEXT = `FlockOllamas withdrawal
network: FHsyf3U1WmCzph9WVWs8vG74oKQzHRUW4np7QNLH9yUc
account: 7v91N7iZ9mNicL8WfG6cgSCKyRXydQjLh6UYBWwm6y1Q
amount: 1500000
to: 7v91N7iZ9mNicL8WfG6cgSCKyRXydQjLh6UYBWwm6y1Q
id: 0b6c1d3a-7c1e-4b8a-9a50-8f7d3f1f2a10
expires: 2026-11-22T20:00:00.000Z`;
const CLAIM: ClaimOrder = {
  network: MESSAGE.network,
  account: MESSAGE.account,
  deposit: "5Uk",
  to: "acct_7",
  expiresMs: MESSAGE.expiresMs,
};

describe("a withdrawal's text", () => {
  it("is this, to the byte, and reads back", () => {
    expect(withdrawalText(MESSAGE)).toBe(TEXT);
    expect(readWithdrawal(TEXT)).toEqual(MESSAGE);
    expect(readClaim(claimText(CLAIM))).toEqual(CLAIM);
    const { to: _, ...unstake } = MESSAGE;
    expect(readUnstake(unstakeText(unstake))).toEqual(unstake);
  });

  it.each([
    ["amount: 1500000", "amount: 0", 'amount: "0" is not a positive whole number'],
    ["amount: 1500000", "amount: -5", 'amount: "-5" is not a positive whole number'],
    ["amount: 1500000", "amount: 1.5", 'amount: "1.5" is not a positive whole number'],
    ["amount: 1500000", "amount: 1e6", 'amount: "1e6" is not a positive whole number'],
    ["amount: 1500000", "amount: 01", 'amount: "01" is not a positive whole number'],
    ["amount: 1500000", "amount: 100000000000000001", "is more than there is"],
    ["amount: 1500000", "amount: 99999999999999999999", "is not a positive whole number"],
    ["id: 0b6c1d3a", "id: 0B6C1D3A", "is not a UUID in lower case"],
    ["expires: 2026-11-22T20:00:00.000Z", "expires: 2026-11-22", "is not a time like"],
    ["expires: 2026-11-22T20:00:00.000Z", "expires: soon", "is not a time like"],
    ["FlockOllamas withdrawal", "FlockOllamas unstake", "the first line is not"],
    ["FlockOllamas withdrawal", "FlockOllamas withdrawal ", "the first line is not"],
    ["account: ", "acc: ", 'the line "account: …" is missing'],
    ["network: ", "\nnetwork: ", "6 lines belong after the title"],
    ["to: ", "to: é", "is not printable ASCII"],
  ])("with %j changed to %j is refused", (from, to, fault) => {
    expect(readWithdrawal(TEXT.replace(from, to))).toEqual({ fault: expect.stringContaining(fault) });
  });

  it("never throws, whatever it is", () => {
    fc.assert(fc.property(fc.string({ maxLength: 2_000 }), (text) => void readWithdrawal(text)));
    const mutation = fc.tuple(fc.nat(TEXT.length - 1), fc.string({ maxLength: 3 }));
    fc.assert(
      fc.property(mutation, ([at, put]) => void readWithdrawal(TEXT.slice(0, at) + put + TEXT.slice(at + 1))),
    );
  });
});
