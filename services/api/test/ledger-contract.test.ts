import { randomUUID } from "node:crypto";
import { serve } from "@flock/mesh";
import { type LedgerUnderContract, ledgerForApiContract } from "@flock/ports";
import { startTestNats } from "@flock/provision/testing";
import { connectForTest } from "./api-under-test.js";
import { earnedOn, FakeLedger } from "./fake-ledger.js";

/** The fake ledger, on a mesh of its own. */
async function start(): Promise<LedgerUnderContract> {
  const nats = await startTestNats();
  const mesh = await connectForTest(nats.url, "test");
  const ledger = new FakeLedger();
  const stop = new AbortController();
  const served = serve(mesh, "ledger", ledger.methods()).start(stop.signal);
  await mesh.nats.flush();
  return {
    mesh,
    fund: async (accountId, amountMicro) => ledger.give(accountId, amountMicro),
    reserve: async (accountId, amountMicro) => {
      const wallet = `wallet:${accountId}`;
      ledger.held.set(wallet, (ledger.held.get(wallet) ?? 0n) + amountMicro);
    },
    vestedWorker: async () => {
      const worker = randomUUID();
      ledger.balances.set(`vested:${worker}`, 1_900n);
      ledger.earnings.set(worker, ["2026-11-22", "2026-11-21"].map(earnedOn));
      return worker;
    },
    stop: async () => {
      stop.abort();
      await served;
      await mesh.close();
      await nats.stop();
    },
  };
}

ledgerForApiContract("its fake", start);
