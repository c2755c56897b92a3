import { randomUUID } from "node:crypto";
import { microLlama } from "@flock/money";
import { startedForFile } from "@flock/ports";
import { eventually } from "@flock/provision/testing";
import { isRefusal } from "../../src/ledger.js";
import { arrivals, owners } from "./arrivals.js";
import { type EpochsAtFirst, epochs, payable, totals } from "./epochs.js";
import type { LedgerUnderContract } from "./ledger-under-contract.js";
import { endsOfPayouts, reservations } from "./payouts.js";

/** What the treasury relies on when it asks the ledger. */
export function ledgerContract(name: string, start: () => Promise<LedgerUnderContract>): void {
  describe(`the contract of the ledger with the treasury, as ${name} keeps it`, () => {
    const started = startedForFile(start);
    let atFirst: EpochsAtFirst;
    beforeAll(async () => {
      const { ledger } = started();
      atFirst = { closed: await ledger.closedEpochs(), newest: await ledger.newestClosedEpoch() };
    });
    reservations(started);
    endsOfPayouts(started);
    arrivals(started);
    owners(started);
    payable(started);
    epochs(started, () => atFirst);
    totals(started);

    it("a ledger that is away has refused nothing, and may be asked again", async () => {
      const { ledger, whileAway } = started();
      await whileAway(async () => {
        const calls = [ledger.external(), ledger.reservePayout(randomUUID(), "wallet:a", microLlama(1n))];
        for (const { reason } of (await Promise.allSettled(calls)) as PromiseRejectedResult[])
          expect({ reason, isRefusal: isRefusal(reason) }).toEqual({
            reason: expect.objectContaining({ code: "unavailable" }),
            isRefusal: false,
          });
      });
      await eventually("it answers again", async () => (await ledger.external()) !== undefined);
    });
  });
}
