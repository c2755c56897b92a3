import { generateIdentity, meshSignerOf } from "@flock/keys";
import { systemClock } from "@flock/mesh";
import { delegationText } from "@flock/orders";
import { encode, SUBJECTS } from "@flock/proto";
import {
  Chunk,
  ChunkPieces,
  Claim,
  ClaimReply,
  Final,
  Operation,
  Outcome,
  Receipt,
  WorkerReport,
} from "@flock/proto/jobs";
import { newSealingPair, openWork } from "@flock/sealing";
import fc from "fast-check";
import { headerOfChunk } from "../../../packages/jobs/src/content/record-headers.js";
import { type DeliveredChunk, type JobResult, signReceipt } from "../../../packages/jobs/src/index.js";
import { ActiveJob } from "../../../packages/jobs/src/requester/active-job.js";
import { ClaimDesk } from "../../../packages/jobs/src/requester/claim-desk.js";
import { Complaints } from "../../../packages/jobs/src/requester/complaints.js";
import { DeadLeases } from "../../../packages/jobs/src/requester/dead-leases.js";
import type { JobPort } from "../../../packages/jobs/src/requester/job-port.js";
import { REQUESTER_DEFAULTS } from "../../../packages/jobs/src/requester/options.js";
import { ReportDesk } from "../../../packages/jobs/src/requester/report-desk.js";
import { RouterLink } from "../../../packages/jobs/src/requester/router-link.js";
import { WorkerLink } from "../../../packages/jobs/src/requester/worker-link.js";
import { fuzzTarget } from "../fuzz-target.js";
import { mutatedMessages } from "../generators/wire.js";
import { mustHold } from "../outcome.js";
import { FakeMesh } from "../rigs/fake-mesh.js";

const worker = generateIdentity();
const pair = newSealingPair(worker);
const DIGEST = "ab".repeat(32);
const JOB = "0b9c2f0e-5a51-4f0a-9d0c-6a4b5f7c8d9e";
const REQUESTER = "requester";
const CLAIMED = {
  jobId: JOB,
  workerId: worker.id,
  ackSubject: "$JS.ACK.JOBS.m.1.5.5.1.0",
  modelDigest: DIGEST,
};
const SEALING = { sealingKey: pair.publicKey, sealingSignature: pair.signature };
const DELEGATION = delegationText({
  ...{
    api: "https://api.example",
    wallet: worker.id,
    payout: generateIdentity().id,
    key: generateIdentity().id,
  },
  ...{ challenge: "7v91N7iZ9mNicL8WfG6cgS", issuedMs: Date.now(), expiresMs: Date.now() + 86_400_000 },
});
const delegation = { text: DELEGATION, signature: worker.sign(Buffer.from(DELEGATION)) };
/** Of what a requester sends because of one message: one for each part of a grant, and some. */
const PUBLISHED_MAX = 80;

const receipt = signReceipt(
  worker,
  Receipt.fromPartial({
    ...{
      jobId: JOB,
      lease: 1,
      requesterId: REQUESTER,
      workerId: worker.id,
      model: "m:latest",
      modelDigest: DIGEST,
    },
    ...{ outcome: Outcome.COMPLETED, promptTokens: 3, completionTokens: 1, outputSha256: new Uint8Array(32) },
  }),
);
const chunk = Chunk.fromPartial({
  ...{ jobId: JOB, lease: 1, tokens: 1, promptTokens: 3 },
  content: {
    $case: "plain",
    value: {
      text: "word",
      logprobsJson: Buffer.from('[{"token":"word","logprob":-1}]'),
      toolCallsJson: Buffer.from("[]"),
    },
  },
});
const final = Final.fromPartial({
  ...{ jobId: JOB, lease: 1, seq: 1, outcome: Outcome.COMPLETED, doneReason: "stop", promptTokens: 3 },
  ...{ completionTokens: 1, receipt },
});
const PIECE = {
  content: chunk.content?.$case === "plain" ? chunk.content.value : undefined,
  tokens: 1,
  tokensMax: 0,
};
const CLAIMS = [
  Claim.fromPartial({ version: 1, ...CLAIMED }),
  Claim.fromPartial({ version: 1, ...CLAIMED, ...SEALING }),
  Claim.fromPartial({ version: 1, ...CLAIMED, delegation }),
];
const REPORTS = [
  { chunks: [chunk] },
  { chunks: [{ ...chunk, seq: 1 }] },
  { finals: [final] },
  { finals: [{ ...final, seq: 0, tail: { ...chunk, jobId: "", lease: 0 } }] },
  { finals: [{ ...final, seq: 0, outcome: Outcome.FAILED, error: "out of memory", receipt: undefined }] },
  { progress: [{ jobId: JOB, lease: 1, chunks: 0 }] },
  { progress: Array.from({ length: 200 }, (_, index) => ({ jobId: `none-${index}`, lease: 1, chunks: 0 })) },
  { chunks: [{ ...chunk, content: { $case: "sealed" as const, value: Buffer.alloc(40, 1) } }] },
].map((report) => WorkerReport.fromPartial({ version: 1, ...report }));

const inputs = fc.record({
  isSealed: fc.boolean(),
  /** What the first chunk says; undefined: nothing comes before the other reports. */
  pieces: fc.option(mutatedMessages([encode(ChunkPieces, { pieces: [PIECE] })]), { nil: undefined }),
  claim: mutatedMessages(CLAIMS.map((claim) => encode(Claim, claim))),
  reports: fc.array(mutatedMessages(REPORTS.map((report) => encode(WorkerReport, report))), {
    minLength: 1,
    maxLength: 4,
  }),
});

export const requesterDesks = fuzzTarget({
  name: "requester-desks",
  about: "claims and reports of workers, at the desks of a requester that has a job waiting, and then leased",
  open: () => {
    const fake = new FakeMesh();
    const { mesh } = fake;
    let job: ActiveJob | undefined;
    const find = (jobId: string) => (jobId === JOB ? job : undefined);
    const router = new RouterLink(mesh);
    const workers = new WorkerLink(mesh, meshSignerOf([generateIdentity()]));
    // Time flies: no worker sends so little in so long that it would count as a flood.
    let nowMs = 0;
    const clock = { ...systemClock, nowMs: () => (nowMs += 1_000) };
    const judging = { complaints: new Complaints(mesh), isShutOut: () => false, find, clock };
    new ClaimDesk({ mesh, router, onGranted: () => {}, isQuarantined: () => false, ...judging }).listen(
      REQUESTER,
    );
    new ReportDesk({ mesh, workers, dead: new DeadLeases(), ...judging }).listen(REQUESTER);
    const [claims, reports] = [SUBJECTS.claimsOf(REQUESTER), SUBJECTS.reportsOf(REQUESTER)];
    const [claimSubject, reportSubject] = [
      SUBJECTS.claim(worker.id, REQUESTER),
      SUBJECTS.report(worker.id, REQUESTER),
    ];
    return {
      inputs,
      probe: async ({ isSealed, claim, pieces, reports: reported }) => {
        const ends: JobResult[] = [];
        const delivered: DeliveredChunk[] = [];
        job = new ActiveJob(jobOptions(ends, delivered));
        job.holdGranted({ completionTokensMax: 1_000 }, clock.nowMs());
        fake.feed(claims, claimSubject, claim);
        mustHold(fake.published <= PUBLISHED_MAX, `a claim had ${fake.published} messages sent`);
        if (!job.hasLease) fake.feed(claims, claimSubject, encode(Claim, CLAIMS[isSealed ? 1 : 0] as Claim));
        await until(() => fake.answer !== undefined);
        for (const report of await beginning(fake.answer, pieces)) fake.feed(reports, reportSubject, report);
        for (const report of reported) {
          fake.feed(reports, reportSubject, report);
          mustHold(fake.published <= PUBLISHED_MAX, `a report had ${fake.published} messages sent`);
        }
        mustHold(ends.length <= 1, "a job ended twice");
        for (const { completionTokens, promptTokens, chargeMicro } of ends) {
          mustHold(completionTokens <= 1_000, "more tokens than the job may have");
          mustHold(Number.isSafeInteger(promptTokens) && chargeMicro >= 0n, "an amount that is none");
        }
        workers.forgetTold();
        return ends.length + delivered.length > 0;
      },
    };
  },
});

/** The first report of a lease that was granted: a chunk with these pieces, sealed if the work was. */
async function beginning(
  answer: Uint8Array | undefined,
  pieces: Uint8Array | undefined,
): Promise<Uint8Array[]> {
  const { result } = ClaimReply.decode(answer ?? new Uint8Array());
  if (result?.$case !== "grant" || pieces === undefined) return [];
  const { lease, work } = result.value;
  if (work?.$case !== "sealed") return [reportOf({ ...chunk, lease })];
  const names = { jobId: JOB, lease, workerId: worker.id, requesterId: REQUESTER };
  const opened = await openWork(pair, names, work.value);
  pair.opened.clear();
  if (opened === undefined) return [];
  const value = opened.sealers.chunks.seal(0, headerOfChunk(chunk), pieces);
  return [reportOf({ ...chunk, lease, content: { $case: "sealed", value } })];
}

function reportOf(first: Chunk): Uint8Array {
  return encode(WorkerReport, WorkerReport.fromPartial({ version: 1, chunks: [first] }));
}

/** As long as a few turns take. */
async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 100 && !holds(); turn++) await new Promise((resolve) => setImmediate(resolve));
}

function jobOptions(
  ends: JobResult[],
  delivered: DeliveredChunk[],
): ConstructorParameters<typeof ActiveJob>[0] {
  const port: JobPort<ActiveJob> = {
    isBlameless: () => false,
    route: () => {},
    stop: () => {},
    finished: () => {},
    ended: () => {},
    noted: () => {},
  };
  return {
    spec: {
      ...{ jobId: JOB, accountId: "alice", tier: 0, operation: Operation.GENERATE, model: "m:latest" },
      ...{ modelDigest: DIGEST, promptPriceMicro: 1n, completionPriceMicro: 3n, promptBytes: 10 },
      ...{
        completionTokensMax: 1_000,
        deadlineUnixMs: Date.now() + 3_600_000,
        resume: "continue",
        coalesce: false,
      },
      requestJson: Buffer.from('{"prompt":"hi"}'),
      traceparent: "",
      payer: { kind: "client", hold: async () => ({ completionTokensMax: 1_000 }) },
    },
    sink: { onChunk: (each) => void delivered.push(each), onEnd: (result) => void ends.push(result) },
    port,
    limits: REQUESTER_DEFAULTS,
    requesterId: REQUESTER,
    nowMs: systemClock.nowMs(),
    unixMs: Date.now(),
  };
}
