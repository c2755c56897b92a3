import { migrateToLatest } from "@flock/database";
import type { BundleJob, JobEvidence, Reading } from "@flock/evidence";
import { jobEvidence } from "@flock/evidence";
import { signReceipt } from "@flock/jobs";
import { generateIdentity, type Identity } from "@flock/keys";
import { createLogger, createMetrics } from "@flock/observability";
import { DEFAULT_PARAMETERS } from "@flock/parameters";
import { Checking, CompletedJob } from "@flock/proto/events";
import { Outcome, Receipt } from "@flock/proto/jobs";
import type { TestPostgres } from "@flock/provision/testing";
import { type EndedJob, endedJobOf } from "../src/domain/ended-job.js";
import { VerifierMetrics } from "../src/metrics.js";
import { migrations } from "../src/migrations/index.js";
import { rulesOf } from "../src/service.js";
import type { Decision } from "../src/store/decisions.js";
import { storeDrawn } from "../src/store/draws.js";
import { openVerifierDatabase } from "../src/store/open-database.js";
import type { Verifier } from "../src/verifier.js";

/** A clock that a test sets. */
export class TestClock {
  now = Date.UTC(2026, 10, 30, 12);

  unixMs(): number {
    return this.now;
  }

  nowMs(): number {
    return this.now;
  }
}

const CELL = {
  ...{ modelDigest: "a".repeat(64), engine: "flock-engine/0.1", hardware: "cpu", speculation: "none" },
  ...{ positions: 1_000, misses: 0, surprisalSlackMillinats: 100, measuredUnixMs: 1, frozenUntilUnixMs: 0 },
};
const GREEDY = { temperature: 0, topK: 40, topP: 0.9, minP: 0, penalisedTokens: 0, endsByItself: true };

/** A verifier's store on a database of its own. */
export class TestVerifier {
  readonly clock = new TestClock();
  readonly worker: Identity = generateIdentity();
  readonly verifier: Verifier;
  #ids = 0;

  private constructor(db: Verifier["db"]) {
    this.verifier = {
      db,
      rules: () => rulesOf(DEFAULT_PARAMETERS.values),
      clock: this.clock,
      newId: () => `00000000-0000-4000-8000-${String(++this.#ids).padStart(12, "0")}`,
      metrics: new VerifierMetrics(createMetrics("verifier-test").meter),
      logger: createLogger("verifier-test", "silent"),
    };
  }

  static async open(postgres: TestPostgres): Promise<TestVerifier> {
    const url = await postgres.createDatabase();
    const db = openVerifierDatabase({ url, logger: createLogger("verifier-test", "silent") });
    await migrateToLatest(db, migrations);
    return new TestVerifier(db);
  }

  async close(): Promise<void> {
    await this.verifier.db.close();
  }

  ended(jobId: string, job: Partial<CompletedJob> = {}): EndedJob {
    const receipt = Receipt.fromPartial({ jobId, lease: 1, workerId: this.worker.id, completionTokens: 50 });
    const ended = endedJobOf(
      CompletedJob.fromPartial({
        ...{ jobId, accountId: "alice", workerId: this.worker.id, model: "m:latest" },
        ...{ modelDigest: CELL.modelDigest, completionTokens: 50, completionPriceMicro: 2n, leases: 1 },
        ...{ outcome: Outcome.COMPLETED, doneReason: "stop", finishedUnixMs: this.clock.now },
        receipt: signReceipt(this.worker, receipt),
        checking: Checking.UNSPECIFIED,
        ...job,
      } as CompletedJob),
    );
    if (ended === undefined) throw new Error("the job cannot be read");
    return ended;
  }

  draw(jobs: readonly EndedJob[]): ReturnType<typeof storeDrawn> {
    return storeDrawn(this.verifier.db.kysely, {
      requesterId: "api",
      jobs,
      odd: new Set(),
      rules: this.verifier.rules().ladder,
      nowUnixMs: this.clock.now,
    });
  }

  /** The decision on a greedy job of which so many of eight places were missed. */
  decision(ended: EndedJob, misses: number): Decision {
    const readings: Reading[] = Array.from({ length: 8 }, (_, index) => ({
      ...{ kind: "token", offset: 10 * index + 1, choices: [-10, -5_000] },
      claimed: index < misses ? 1 : 0,
    }));
    const evidence: JobEvidence = jobEvidence(readings, GREEDY, CELL);
    const referees = ["r1", "r2", "own"].map((id) => ({ id, isProtocol: id === "own" }));
    const { job, vouched } = ended;
    const entry: BundleJob = {
      ...{ jobId: job.jobId, model: job.model, day: "2026-11-30", sampling: GREEDY, cell: CELL },
      receipt: Buffer.from(vouched?.signed.receipt ?? []).toString("base64"),
      signature: Buffer.from(vouched?.signed.signature ?? []).toString("base64"),
      signer: vouched?.signed.signer ?? "",
      readings: readings.map((reading) => ({ ...reading, choices: [...reading.choices] })),
      referees,
      verdict: evidence.verdict,
      ...(evidence.logEMillinats === undefined ? {} : { logEMillinats: evidence.logEMillinats }),
    };
    const about = { jobId: job.jobId, workerId: job.workerId, model: job.model, reason: "" };
    return { ...about, evidence, job: entry, referees, counted: new Map() };
  }
}
