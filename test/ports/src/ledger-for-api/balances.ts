import { randomUUID } from "node:crypto";
import { LEDGER } from "@flock/proto/ledger";
import { ask } from "../ask.js";
import { hold } from "./holds.js";
import { FUNDS, type Started } from "./ledger-under-contract.js";

export function balances(ledger: Started): void {
  const balance = (ledgerAccount: string) => ask(ledger().mesh, LEDGER.balance, { ledgerAccount });

  it.each(["wallet", "stake", "cooling", "vested", "earnings"])(
    "a ledger account of kind %s that nothing was ever put into is told to hold nothing",
    async (kind) => {
      expect(await balance(`${kind}:${randomUUID()}`)).toMatchObject({
        postedMicro: 0n,
        heldMicro: 0n,
        availableMicro: 0n,
        heldByJobsMicro: undefined,
      });
    },
  );

  it("a balance tells what is posted, what of it is held or reserved, what of that jobs hold, and what is left", async () => {
    const account = randomUUID();
    await ledger().fund(account, FUNDS);
    await hold(ledger(), account, 30n);
    await ledger().reserve(account, 20n);
    expect(await balance(`wallet:${account}`)).toMatchObject({
      postedMicro: FUNDS,
      heldMicro: 50n,
      availableMicro: FUNDS - 50n,
      heldByJobsMicro: 30n,
    });
  });

  it("a balance that is held for payouts alone says nothing of jobs", async () => {
    const account = randomUUID();
    await ledger().fund(account, FUNDS);
    await ledger().reserve(account, 20n);
    expect(await balance(`wallet:${account}`)).toMatchObject({
      heldMicro: 20n,
      heldByJobsMicro: undefined,
    });
  });

  it.each(["", "alice", "purse:alice", "wallet:", "wallet:a b"])(
    "a balance of %j, which is no ledger account, is refused",
    async (ledgerAccount) => {
      await expect(balance(ledgerAccount)).rejects.toMatchObject({ code: "invalid_argument" });
    },
  );
}
