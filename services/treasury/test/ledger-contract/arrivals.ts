import { randomUUID } from "node:crypto";
import { microLlama } from "@flock/money";
import { PayoutState } from "@flock/proto/ledger";
import { expectRefusal, type Started, signature } from "./ledger-under-contract.js";

const micro = microLlama;
const AMOUNT = micro(70n);

export function arrivals(started: Started): void {
  const balanceIs = async (accountId: string, amount: bigint) => {
    const { ledger } = started();
    const account = `wallet:${accountId}`;
    await expectRefusal(
      ledger.reservePayout(randomUUID(), account, micro(amount + 1n)),
      "insufficient_funds",
    );
    if (amount > 0n)
      expect(await ledger.reservePayout(randomUUID(), account, micro(amount))).toBe(PayoutState.RESERVED);
  };

  it("a deposit credits its account once, however often it is told", async () => {
    const { ledger } = started();
    const [account, arrival, before] = [randomUUID(), signature(), await ledger.external()];
    for (let time = 0; time < 2; time++) await ledger.deposit(arrival, account, AMOUNT);
    expect(await ledger.external()).toBe(before - AMOUNT);
    await balanceIs(account, AMOUNT);
  });

  it("a deposit without an account waits in suspense, and is outside no more", async () => {
    const { ledger } = started();
    const [arrival, before] = [signature(), await ledger.external()];
    for (let time = 0; time < 2; time++) await ledger.deposit(arrival, "", AMOUNT);
    expect(await ledger.external()).toBe(before - AMOUNT);
  });

  it("custody puts the supply into the treasury's hands once, however often it is told", async () => {
    const { ledger } = started();
    const [arrival, before] = [signature(), await ledger.external()];
    for (let time = 0; time < 2; time++) await ledger.custody(arrival, AMOUNT);
    expect(await ledger.external()).toBe(before - AMOUNT);
  });

  it("a transaction that was told is not told with another amount or another account", async () => {
    const { ledger } = started();
    const [account, arrival, custody] = [randomUUID(), signature(), signature()];
    await ledger.deposit(arrival, account, AMOUNT);
    await ledger.custody(custody, AMOUNT);
    await expectRefusal(ledger.deposit(arrival, account, micro(AMOUNT + 1n)), "already_exists");
    await expectRefusal(ledger.deposit(arrival, randomUUID(), AMOUNT), "already_exists");
    await expectRefusal(ledger.deposit(arrival, "", AMOUNT), "already_exists");
    await expectRefusal(ledger.custody(custody, micro(AMOUNT + 1n)), "already_exists");
  });

  it("a transaction arrives as a deposit or as custody, and not as both", async () => {
    const { ledger } = started();
    const [arrival, custody] = [signature(), signature()];
    await ledger.deposit(arrival, "", AMOUNT);
    await ledger.custody(custody, AMOUNT);
    await expectRefusal(ledger.custody(arrival, AMOUNT), "already_exists");
    await expectRefusal(ledger.deposit(custody, "", AMOUNT), "already_exists");
  });

  it("what is no signature, or no amount, arrives neither way", async () => {
    const { ledger } = started();
    await expectRefusal(ledger.deposit("signature", "", AMOUNT), "invalid_argument");
    await expectRefusal(ledger.custody("signature", AMOUNT), "invalid_argument");
    await expectRefusal(ledger.deposit(signature(), "", micro(0n)), "invalid_argument");
    await expectRefusal(ledger.custody(signature(), micro(0n)), "invalid_argument");
  });

  it("a deposit in suspense is claimed once, whole, however often that is told", async () => {
    const { ledger } = started();
    const [account, arrival] = [randomUUID(), signature()];
    await ledger.deposit(arrival, "", AMOUNT);
    const before = await ledger.external();
    for (let time = 0; time < 2; time++) await ledger.claimDeposit(arrival, account);
    expect(await ledger.external()).toBe(before);
    await balanceIs(account, AMOUNT);
  });

  it("a deposit that was claimed is not claimed for another account", async () => {
    const { ledger } = started();
    const arrival = signature();
    await ledger.deposit(arrival, "", AMOUNT);
    await ledger.claimDeposit(arrival, randomUUID());
    await expectRefusal(ledger.claimDeposit(arrival, randomUUID()), "already_exists");
  });

  it("a deposit that never was, or that was credited, is not found in suspense", async () => {
    const { ledger } = started();
    const [account, arrival] = [randomUUID(), signature()];
    await ledger.deposit(arrival, account, AMOUNT);
    await expectRefusal(ledger.claimDeposit(arrival, account), "not_found");
    await expectRefusal(ledger.claimDeposit(signature(), account), "not_found");
    await balanceIs(account, AMOUNT);
  });
}

export function owners(started: Started): void {
  it("an owner exists from the first transfer on, however little is left, and not by being asked for", async () => {
    const { ledger } = started();
    const [funded, claimer, nobody, arrival] = [randomUUID(), randomUUID(), randomUUID(), signature()];
    for (const owner of [funded, claimer, nobody]) expect(await ledger.ownerExists(owner)).toBe(false);
    await started().fund(funded, 5n);
    const payout = randomUUID();
    await ledger.reservePayout(payout, `wallet:${funded}`, micro(5n));
    await ledger.postPayout(payout, signature());
    await ledger.deposit(arrival, "", AMOUNT);
    await ledger.claimDeposit(arrival, claimer);
    expect(await Promise.all([funded, claimer, nobody].map((owner) => ledger.ownerExists(owner)))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("an owner exists that is a worker and nothing else, or has all that it owns in cooldown", async () => {
    const { ledger } = started();
    const [worker, cooling] = [randomUUID(), randomUUID()];
    await started().closeEpoch([worker]);
    await started().unstake(cooling, 5n);
    expect([await ledger.ownerExists(worker), await ledger.ownerExists(cooling)]).toEqual([true, true]);
  });

  it.each(["", "wallet:alice", "a b", "a.b"])(
    "an owner %j, which nobody can be, is refused",
    async (owner) => {
      await expectRefusal(started().ledger.ownerExists(owner), "invalid_argument");
    },
  );
}
