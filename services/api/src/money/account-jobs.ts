import { FlockError } from "@flock/errors";
import type { RequestContext } from "../request-context.js";
import type { JobRecord } from "../stories/job-record.js";
import type { JobCursor } from "../stories/job-stories.js";
import type { Check } from "../trust/trust-words.js";
import { accountOf, type Page, tracing } from "./caller.js";
import type { MoneyGateway } from "./money-gateway.js";

const CURSOR = /^(\d{1,15})_([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;
/** What a job is told to have ended with whose process has died. */
const LOST = "unavailable";

export interface JobsPage {
  readonly jobs: readonly JobRecord[];
  /** Empty on the last page. */
  readonly nextCursor: string;
}

/** A job of the account that runs, or has ended within a day. Those of others do not exist. */
export async function accountJob(
  { stories, clock }: MoneyGateway,
  context: RequestContext,
  id: string,
): Promise<JobRecord> {
  const found = await stories.find(accountOf(context), id);
  if (found !== undefined) return unlessLost(found, clock.unixMs());
  throw new FlockError("not_found", `no job ${id} of this account within the last day`);
}

/** The account's jobs of the last day, newest first. */
export async function accountJobs(
  { stories, clock }: MoneyGateway,
  context: RequestContext,
  { cursor, limit }: Page,
): Promise<JobsPage> {
  const found = await stories.list(accountOf(context), limit + 1, readCursor(cursor));
  const jobs = found.slice(0, limit).map((job) => unlessLost(job, clock.unixMs()));
  const last = jobs.at(-1);
  const hasMore = found.length > limit && last !== undefined;
  return { jobs, nextCursor: hasMore ? `${last.createdUnixMs}_${last.id}` : "" };
}

/** A job with what the verifier says of it. */
export interface CheckedJob {
  readonly job: JobRecord;
  /** Undefined: it runs, or nobody can say now. */
  readonly check: Check | undefined;
}

/** The same of one job. */
export async function withCheck(
  gateway: MoneyGateway,
  context: RequestContext,
  job: JobRecord,
): Promise<CheckedJob> {
  const [checked] = await withChecks(gateway, context, [job]);
  return checked ?? { job, check: undefined };
}

/** Asks how the jobs were checked, if any has ended. Never fails. */
export async function withChecks(
  { trust }: MoneyGateway,
  context: RequestContext,
  jobs: readonly JobRecord[],
): Promise<CheckedJob[]> {
  const ended = jobs.filter(isDrawable).map(({ id }) => id);
  const checks = ended.length === 0 ? undefined : await trust.checks(ended, tracing(context));
  return jobs.map((job) => ({ job, check: job.isOptedOut ? "opted_out" : drawnCheckOf(job, checks) }));
}

function isDrawable({ state, isOptedOut }: JobRecord): boolean {
  return state !== "running" && !isOptedOut;
}

function drawnCheckOf(job: JobRecord, checks: ReadonlyMap<string, Check> | undefined): Check | undefined {
  return checks === undefined || !isDrawable(job) ? undefined : (checks.get(job.id) ?? "not_drawn");
}

function readCursor(cursor: string): JobCursor | undefined {
  if (cursor === "") return undefined;
  const [, createdUnixMs, id] = CURSOR.exec(cursor) ?? [];
  if (createdUnixMs !== undefined && id !== undefined) return { createdUnixMs: Number(createdUnixMs), id };
  throw new FlockError("invalid_argument", "cursor: is not one of ours", { details: { field: "cursor" } });
}

function unlessLost(job: JobRecord, nowUnixMs: number): JobRecord {
  if (job.state !== "running" || job.lostUnixMs > nowUnixMs) return job;
  return { ...job, state: "failed", finishedUnixMs: job.lostUnixMs, errorCode: LOST };
}
