import { randomUUID } from "node:crypto";
import { microLlama } from "@flock/money";
import { PayoutState } from "@flock/proto/ledger";
import { expectRefusal, FUNDS, type Started, signature } from "./ledger-under-contract.js";

const micro = microLlama;

/** A payout of a wallet of its own that was funded with {@link FUNDS}. */
async function reserved(started: Started, amount = 300n) {
  const owner = randomUUID();
  await started().fund(owner, FUNDS);
  const payout = { id: randomUUID(), account: `wallet:${owner}`, amount: micro(amount) };
  const { ledger } = started();
  const reserve = () => ledger.reservePayout(payout.id, payout.account, payout.amount);
  return { ...payout, ledger, reserve, state: await reserve() };
}

export function reservations(started: Started): void {
  it("a payout is reserved once, however often it is asked for", async () => {
    const { ledger, account, state, reserve } = await reserved(started);
    expect([state, await reserve()]).toEqual([PayoutState.RESERVED, PayoutState.RESERVED]);
    expect(await ledger.reservePayout(randomUUID(), account, micro(FUNDS - 300n))).toBe(PayoutState.RESERVED);
    await expectRefusal(ledger.reservePayout(randomUUID(), account, micro(1n)), "insufficient_funds");
  });

  it("a payout that was reserved is told with what has become of it since", async () => {
    const [posted, voided] = [await reserved(started), await reserved(started)];
    await posted.ledger.postPayout(posted.id, signature());
    await voided.ledger.voidPayout(voided.id);
    expect([await posted.reserve(), await voided.reserve()]).toEqual([
      PayoutState.POSTED,
      PayoutState.VOIDED,
    ]);
  });

  it("another payout under an id that was used is refused, also when the first one has ended", async () => {
    const { ledger, id, account, amount } = await reserved(started);
    const other = () => ledger.reservePayout(id, account, micro(amount + 1n));
    await expectRefusal(other(), "already_exists");
    await expectRefusal(ledger.reservePayout(id, `wallet:${randomUUID()}`, amount), "already_exists");
    await ledger.voidPayout(id);
    await expectRefusal(other(), "already_exists");
  });

  it("a payout of more than there is, is refused, and its id stays free", async () => {
    const { ledger, account } = await reserved(started);
    const id = randomUUID();
    await expectRefusal(ledger.reservePayout(id, account, micro(FUNDS)), "insufficient_funds");
    expect(await ledger.reservePayout(id, account, micro(1n))).toBe(PayoutState.RESERVED);
  });

  it("a payout of an account that nothing was ever put into is refused for want of money, and for nothing else", async () => {
    const { ledger } = started();
    for (const kind of ["wallet", "vested"])
      await expectRefusal(
        ledger.reservePayout(randomUUID(), `${kind}:${randomUUID()}`, micro(1n)),
        "insufficient_funds",
      );
  });

  it("vested earnings are reserved for a payout as a wallet is", async () => {
    const worker = randomUUID();
    await started().closeEpoch([worker]);
    const { ledger } = started();
    expect(await ledger.reservePayout(randomUUID(), `vested:${worker}`, micro(1n))).toBe(
      PayoutState.RESERVED,
    );
  });

  it.each(["stake", "cooling", "earnings", "pool"])(
    "nothing is paid out from an account of kind %s",
    async (kind) => {
      const { ledger } = started();
      await expectRefusal(
        ledger.reservePayout(randomUUID(), `${kind}:${randomUUID()}`, micro(1n)),
        "invalid_argument",
      );
    },
  );

  it("a payout of nothing is refused", async () => {
    const { ledger } = started();
    const account = `wallet:${randomUUID()}`;
    await expectRefusal(ledger.reservePayout(randomUUID(), account, micro(0n)), "invalid_argument");
  });
}

export function endsOfPayouts(started: Started): void {
  it("a payout that is posted has left the books, once, however often that is told", async () => {
    const { ledger, id, account, amount } = await reserved(started);
    const before = await ledger.external();
    const paidBy = signature();
    for (let time = 0; time < 2; time++) await ledger.postPayout(id, paidBy);
    expect(await ledger.external()).toBe(before + amount);
    await expectRefusal(ledger.reservePayout(randomUUID(), account, micro(FUNDS)), "insufficient_funds");
  });

  it("a payout that is void can be spent again, and has left nothing outside, however often that is told", async () => {
    const { ledger, id, account } = await reserved(started);
    const before = await ledger.external();
    for (let time = 0; time < 2; time++) await ledger.voidPayout(id);
    expect(await ledger.external()).toBe(before);
    expect(await ledger.reservePayout(randomUUID(), account, micro(FUNDS))).toBe(PayoutState.RESERVED);
  });

  it("a payout that is posted is not posted with another transaction, and not voided", async () => {
    const { ledger, id } = await reserved(started);
    await ledger.postPayout(id, signature());
    await expectRefusal(ledger.postPayout(id, signature()), "already_exists");
    await expectRefusal(ledger.voidPayout(id), "failed_precondition");
  });

  it("a payout that is void is not posted", async () => {
    const { ledger, id } = await reserved(started);
    await ledger.voidPayout(id);
    await expectRefusal(ledger.postPayout(id, signature()), "failed_precondition");
  });

  it("a payout that was never reserved is neither posted nor voided", async () => {
    const { ledger } = started();
    await expectRefusal(ledger.postPayout(randomUUID(), signature()), "not_found");
    await expectRefusal(ledger.voidPayout(randomUUID()), "not_found");
  });

  it("a payout is not posted with what is no signature", async () => {
    const { ledger, id } = await reserved(started);
    for (const text of ["", "signature", "0".repeat(88)])
      await expectRefusal(ledger.postPayout(id, text), "invalid_argument");
  });
}
