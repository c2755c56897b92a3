import { FakeLedger } from "./fake-ledger.js";
import { ledgerContract } from "./ledger-contract/contract.js";

ledgerContract("its fake", async () => {
  const ledger = new FakeLedger();
  return {
    ledger,
    fund: async (accountId, amount) => ledger.give(`wallet:${accountId}`, amount),
    unstake: async (owner, amount) => ledger.give(`cooling:${owner}`, amount),
    closeEpoch: async (workers = []) => {
      for (const worker of workers) ledger.give(`vested:${worker}`, 9_500n);
      ledger.closeEpoch();
    },
    whileAway: async (act) => {
      ledger.isAway = true;
      await act();
      ledger.isAway = false;
    },
    stop: async () => {},
  };
});
