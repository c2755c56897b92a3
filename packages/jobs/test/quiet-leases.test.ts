import { setImmediate as turn } from "node:timers/promises";
import type { Mesh } from "@flock/mesh";
import type { Msg, MsgCallback } from "@nats-io/nats-core";
import type { ActiveJob } from "../src/requester/active-job.js";
import type { Complaints } from "../src/requester/complaints.js";
import { DeadLeases } from "../src/requester/dead-leases.js";
import { ReportDesk } from "../src/requester/report-desk.js";
import { ADDRESSES_MAX } from "../src/requester/requester-addresses.js";
import type { WorkerLink } from "../src/requester/worker-link.js";
import { ReportSender } from "../src/worker/report-sender.js";

/* A worker whose leases all wait for their engine says every half second that each of them lives, and nothing else. */

const WORKER_ID = "worker";
const LEASES = 1_200;
const PROGRESS_MS = 500;
const MINUTE_MS = 60_000;
/** For so long the requester's process does not run at all: then it reads everything in one moment. */
const ASLEEP_MS = 30_000;

it("a worker of 1 200 quiet leases at every address of a requester is not taken for one that floods it", async () => {
  const heardAtMs = new Map<string, number>();
  const listeners = new Map<string, MsgCallback<Msg>>();
  const complaints: unknown[] = [];
  const dropped: unknown[] = [];
  let nowMs = 0;
  let messages = 0;
  const unread: Msg[] = [];
  // CAST: as much of the two connections as desk and sender use.
  const mesh = {
    dropped: { drop: (...what: unknown[]) => void dropped.push(what) },
    nats: {
      subscribe: (subject: string, { callback }: { callback: MsgCallback<Msg> }) =>
        void listeners.set(subject.split(".").at(-1) ?? "", callback),
      publish: (subject: string, data: Uint8Array) => void unread.push({ subject, data } as Msg),
    },
  } as unknown as Mesh;
  const addresses = Array.from({ length: ADDRESSES_MAX }, (_, index) => `address${index}`);
  const jobs = new Map<string, ActiveJob>();
  for (let index = 0; index < LEASES; index++) {
    const jobId = `job${index}`;
    const heard = (atMs: number): void => void heardAtMs.set(jobId, atMs);
    const requesterId = addresses[index % addresses.length];
    jobs.set(jobId, { requesterId, holds: () => true, heard } as unknown as ActiveJob);
  }
  const desk = new ReportDesk({
    mesh,
    workers: {} as WorkerLink,
    complaints: { offence: (...what: unknown[]) => void complaints.push(what) } as unknown as Complaints,
    dead: new DeadLeases(),
    clock: { nowMs: () => nowMs, unixMs: () => nowMs },
    find: (jobId) => jobs.get(jobId),
    isShutOut: () => false,
  });
  for (const address of addresses) desk.listen(address);
  const senders = new Map(addresses.map((name) => [name, new ReportSender(mesh, WORKER_ID, name)]));
  const isAsleep = (): boolean => nowMs < ASLEEP_MS;
  for (nowMs = 0; nowMs < MINUTE_MS; nowMs += PROGRESS_MS) {
    for (const [jobId, { requesterId }] of jobs)
      senders.get(requesterId)?.progress({ jobId, lease: 1, chunks: 0 });
    await turn();
    await turn();
    if (isAsleep()) continue;
    messages += unread.length;
    for (const msg of unread.splice(0)) listeners.get(msg.subject.split(".").at(-1) ?? "")?.(null, msg);
  }
  expect([complaints, dropped]).toEqual([[], []]);
  expect(heardAtMs.size).toBe(LEASES);
  expect(new Set(heardAtMs.values())).toEqual(new Set([MINUTE_MS - PROGRESS_MS]));
  // A report has many leases, and not one each: that is why such a worker stays far below the bound of a flood.
  expect((messages * 1_000) / MINUTE_MS).toBeLessThan(50);
});
