import { randomUUID } from "node:crypto";
import { LEDGER } from "@flock/proto/ledger";
import { ask } from "../ask.js";
import { FUNDS, type LedgerUnderContract, type Started } from "./ledger-under-contract.js";

const TIMEOUT_MS = 3_600_000;

/** Asks for at most `max` of an account, and at least `min`. */
export function hold(
  { mesh }: LedgerUnderContract,
  accountId: string,
  max: bigint,
  { min = max, jobId = randomUUID() } = {},
) {
  const request = { jobId, accountId, amountMaxMicro: max, amountMinMicro: min, timeoutMs: TIMEOUT_MS };
  return ask(mesh, LEDGER.hold, request);
}

export function holds(ledger: Started): void {
  const account = async () => {
    const accountId = randomUUID();
    await ledger().fund(accountId, FUNDS);
    return accountId;
  };

  it("a hold is granted whole while there is enough, and is answered with what is left", async () => {
    expect(await hold(ledger(), await account(), 300n, { min: 1n })).toMatchObject({
      grantedMicro: 300n,
      availableMicro: FUNDS - 300n,
    });
  });

  it("a hold of more than there is, is granted all that there is, if that is the least it needs", async () => {
    expect(await hold(ledger(), await account(), FUNDS + 1n, { min: FUNDS })).toMatchObject({
      grantedMicro: FUNDS,
      availableMicro: 0n,
    });
  });

  it("a repeated hold holds nothing more, and grants the same", async () => {
    const [accountId, jobId] = [await account(), randomUUID()];
    for (let time = 0; time < 2; time++)
      expect(await hold(ledger(), accountId, 300n, { jobId })).toMatchObject({
        grantedMicro: 300n,
        availableMicro: FUNDS - 300n,
      });
  });

  it("another hold of a job that has one is refused as existing already", async () => {
    const [accountId, jobId] = [await account(), randomUUID()];
    await hold(ledger(), accountId, 300n, { jobId });
    await expect(hold(ledger(), accountId, 301n, { jobId })).rejects.toMatchObject({
      code: "already_exists",
      retry: "never",
    });
  });

  it("a hold of an account that has less than the least is refused, with both amounts and what other jobs hold", async () => {
    const accountId = await account();
    await hold(ledger(), accountId, 700n);
    await ledger().reserve(accountId, 100n);
    const refusal = await hold(ledger(), accountId, 500n, { min: 201n }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "insufficient_funds", retry: "never" });
    expect(refusal).toHaveProperty("details", {
      neededMicro: "201",
      availableMicro: "200",
      heldMicro: "700",
    });
  });

  it("a hold of an account that nothing was ever put into is refused for want of money, and for nothing else", async () => {
    const refusal = await hold(ledger(), randomUUID(), 5n).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "insufficient_funds" });
    expect(refusal).toHaveProperty("details", { neededMicro: "5", availableMicro: "0" });
  });

  it.each([
    ["nothing", 0n, 0n],
    ["less than nothing", -5n, -5n],
    ["more than exists", 10n ** 17n + 1n, 1n],
    ["less at most than at least", 5n, 6n],
  ])("a hold of %s is refused", async (_, max, min) => {
    await expect(hold(ledger(), await account(), max, { min })).rejects.toMatchObject({
      code: "invalid_argument",
    });
  });
}
