import { randomUUID } from "node:crypto";
import { type LedgerUnderContract, ledgerForApiContract } from "@flock/ports";
import { LEDGER } from "@flock/proto/ledger";
import { eventually } from "@flock/provision/testing";
import { jest } from "@jest/globals";
import { ServedLedger } from "./served-ledger.js";

jest.setTimeout(120_000);

/** As many as the contract asks for, and more. */
const WORKERS = Array.from({ length: 12 }, (_, index) => `worker-${index}`);

/** The real ledger, with workers that have earned on two days of an epoch that is closed. */
async function start(): Promise<LedgerUnderContract> {
  const ledger = await ServedLedger.start();
  const { client, books } = ledger;
  await ledger.fund("client", 1_000_000n);
  const jobs = WORKERS.flatMap((worker) => [1, 2].map((number) => ({ worker, job: `${worker}-${number}` })));
  for (const { job } of jobs) await client.hold(job, "client", 10_000n);
  await client.completedJobs(
    jobs.map(({ worker, job }) => client.completedJob(job, "client", 10_000, worker)),
  );
  await eventually("all are settled", async () => (await books.count("settlements")) === jobs.length);
  await books.tamper(
    "UPDATE settlements SET settled_at = settled_at - interval '1 day' WHERE job_id LIKE '%-1'",
  );
  for (const closed of [1, 2]) {
    await books.endEpoch();
    await eventually("the epoch is closed", async () => (await books.epochs("closed")).length === closed);
  }
  const workers = WORKERS.values();
  return {
    mesh: client.mesh,
    fund: async (accountId, amountMicro) => {
      await client.fund(randomUUID(), accountId, amountMicro);
    },
    reserve: async (accountId, amountMicro) => {
      const payout = { payoutId: randomUUID(), ledgerAccount: `wallet:${accountId}`, amountMicro };
      await client.ask(LEDGER.reservePayout, payout);
    },
    vestedWorker: async () => {
      const { value } = workers.next();
      if (value === undefined) throw new Error("there are too few workers");
      return value;
    },
    stop: () => ledger.stop(),
  };
}

ledgerForApiContract("the ledger", start);
