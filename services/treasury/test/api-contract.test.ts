import { connectMesh, serve } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { type TreasuryUnderContract, treasuryForApiContract } from "@flock/ports";
import { startTestNats } from "@flock/provision/testing";
import { jest } from "@jest/globals";
import { claimMethod } from "../src/handlers/claim.js";
import { depositInstructionsMethod } from "../src/handlers/deposit-instructions.js";
import { depositsMethod } from "../src/handlers/deposits.js";
import { networkMethod } from "../src/handlers/network.js";
import { payoutsMethod } from "../src/handlers/payouts.js";
import { reservesMethod } from "../src/handlers/reserves.js";
import { withdrawMethod } from "../src/handlers/withdraw.js";
import { LLAMA, llama, TestBench } from "./test-treasury.js";

jest.setTimeout(120_000);

/** All that the treasury answers to the api, on a chain and a database. */
async function start(): Promise<TreasuryUnderContract> {
  const [bench, nats] = await Promise.all([TestBench.start(), startTestNats()]);
  const name = "treasury-test";
  const { meter } = createMetrics(name);
  const mesh = await connectMesh({ natsUrl: nats.url, name, logger: createLogger(name, "silent"), meter });
  const test = await bench.treasury();
  const { treasury } = test;
  const stop = new AbortController();
  const served = serve(mesh, "treasury", [
    networkMethod(treasury),
    depositInstructionsMethod(treasury),
    withdrawMethod(treasury),
    payoutsMethod(treasury),
    depositsMethod(treasury),
    claimMethod(treasury),
    reservesMethod(treasury),
  ]).start(stop.signal);
  await mesh.nats.flush();
  return {
    mesh,
    fund: async (accountId, amountMicro) => test.ledger.give(`wallet:${accountId}`, amountMicro),
    depositor: async () => {
      const wallet = test.wallet();
      await wallet.fund();
      await test.request(wallet.address, llama(100));
      await test.payAll();
      const to = treasury.signer.address;
      const deposit = async (accountId: string) => {
        const memos = accountId === "" ? [] : [`flock:${accountId}`];
        const signature = await wallet.pay({ to, amount: 5n * LLAMA, memos });
        await test.finalize();
        return signature;
      };
      return { wallet: wallet.identity, deposit };
    },
    stop: async () => {
      stop.abort();
      await served;
      await mesh.close();
      await test.close();
      await nats.stop();
      await bench.stop();
    },
  };
}

treasuryForApiContract("the treasury", start);
