import { randomUUID } from "node:crypto";
import { Books } from "@flock/harness";
import { call, connectMesh, ensureEventsStream, jetstreamOf } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { EVENTS, encode, PROTOCOL_VERSION } from "@flock/proto";
import { CompletedJob, InferenceCompleted } from "@flock/proto/events";
import { Outcome } from "@flock/proto/jobs";
import { LEDGER } from "@flock/proto/ledger";
import { eventually, startTestNats, startTestPostgres } from "@flock/provision/testing";
import { jest } from "@jest/globals";
import { MeshLedger } from "../src/ledger.js";
import { ledgerContract } from "./ledger-contract/contract.js";
import type { LedgerUnderContract } from "./ledger-contract/ledger-under-contract.js";
import { ServiceProcess } from "./service-process.js";

jest.setTimeout(120_000);

const version = PROTOCOL_VERSION;
const TOKENS = 10_000;

/** Ends the open epoch as if its time were over; only who owns the database can. */
const END_EPOCH = `
  SET session_replication_role = replica;
  UPDATE ledger.epochs SET ends_at = date_trunc('milliseconds', clock_timestamp()) + interval '1 ms',
                           closes_at = date_trunc('milliseconds', clock_timestamp()) + interval '1 ms'
   WHERE state = 'open'`;

/** The ledger as a process, behind the treasury's own client. */
async function start(): Promise<LedgerUnderContract> {
  const [postgres, nats] = await Promise.all([startTestPostgres(), startTestNats()]);
  const name = "treasury-test";
  const { meter } = createMetrics(name);
  const mesh = await connectMesh({ natsUrl: nats.url, name, logger: createLogger(name, "silent"), meter });
  await ensureEventsStream(mesh);
  const process = new ServiceProcess("ledger", { DATABASE_URL: postgres.url, NATS_URL: nats.url });
  const ledger = new MeshLedger(mesh);
  const answers = () =>
    ledger.external().then(
      () => true,
      () => false,
    );
  process.start();
  await eventually("the ledger answers", answers, { timeoutMs: 60_000 });
  const books = new Books(mesh, postgres.url);

  const fund = async (accountId: string, amountMicro: bigint) => {
    const request = { version, transferId: randomUUID(), accountId, amountMicro };
    await call(mesh, LEDGER.fund, request);
  };
  const earn = async (workerId: string) => {
    const [jobId, accountId] = [randomUUID(), randomUUID()];
    await fund(accountId, BigInt(TOKENS));
    const amounts = { amountMaxMicro: BigInt(TOKENS), amountMinMicro: 1n };
    await call(mesh, LEDGER.hold, { version, jobId, accountId, ...amounts, timeoutMs: 60_000 });
    const job = CompletedJob.fromPartial({
      ...{ jobId, accountId, workerId, model: "flock-tiny:latest", modelDigest: "0".repeat(64) },
      ...{ completionTokens: TOKENS, completionPriceMicro: 1n, promptPriceMicro: 1n },
      ...{ outcome: Outcome.COMPLETED, doneReason: "stop", leases: 1, finishedUnixMs: 1_700_000_001_000 },
      receipt: { receipt: Buffer.from(jobId), signature: new Uint8Array(64), signer: workerId },
    });
    const event = encode(InferenceCompleted, { version, requesterId: "requester", jobs: [job] });
    await jetstreamOf(mesh).publish(EVENTS.inferenceCompleted, event, { msgID: jobId });
    await books.settled(jobId);
  };

  return {
    ledger,
    fund,
    unstake: async (owner, amountMicro) => {
      await fund(owner, amountMicro);
      const request = { version, owner, amountMicro };
      await call(mesh, LEDGER.stake, { ...request, requestId: randomUUID() });
      await call(mesh, LEDGER.unstake, { ...request, requestId: randomUUID() });
    },
    closeEpoch: async (workers = []) => {
      await Promise.all(workers.map(earn));
      const before = await ledger.newestClosedEpoch();
      await books.query(END_EPOCH);
      await eventually("the epoch is closed", async () => (await ledger.newestClosedEpoch()) !== before);
    },
    whileAway: async (act) => {
      await process.stop();
      await act();
      process.start();
      await eventually("the ledger answers", answers, { timeoutMs: 60_000 });
    },
    stop: async () => {
      await process.stop();
      expect(await books.faults()).toEqual([]);
      await mesh.close();
      await nats.stop();
      await postgres.stop();
    },
  };
}

ledgerContract("the ledger", start);
