import { generateIdentity } from "@flock/keys";
import { serve } from "@flock/mesh";
import { type TreasuryUnderContract, treasuryForApiContract } from "@flock/ports";
import { startTestNats } from "@flock/provision/testing";
import { connectForTest } from "./api-under-test.js";
import { depositFrom, FakeTreasury } from "./fake-treasury.js";

/** The fake treasury, on a mesh of its own. */
async function start(): Promise<TreasuryUnderContract> {
  const nats = await startTestNats();
  const mesh = await connectForTest(nats.url, "test");
  const treasury = new FakeTreasury();
  const stop = new AbortController();
  const served = serve(mesh, "treasury", treasury.methods()).start(stop.signal);
  await mesh.nats.flush();
  return {
    mesh,
    fund: async (accountId, amountMicro) => void treasury.funds.set(accountId, amountMicro),
    depositor: async () => {
      const wallet = generateIdentity();
      const deposit = async (accountId: string) => {
        const made = depositFrom(wallet.id, accountId);
        treasury.deposits.push(made);
        return made.signature;
      };
      return { wallet, deposit };
    },
    stop: async () => {
      stop.abort();
      await served;
      await mesh.close();
      await nats.stop();
    },
  };
}

treasuryForApiContract("its fake", start);
