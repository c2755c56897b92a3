import { generateIdentity, type Identity } from "@flock/keys";
import type { CompletedJob, FailedJob } from "@flock/proto/events";
import { Chunk, type ClaimRefusal, Final, Operation, Outcome, Receipt, Work } from "@flock/proto/jobs";
import type { JobFinished } from "@flock/proto/router";
import { PLAIN_OPENER } from "../src/content/content-opener.js";
import { type DeliveredChunk, type JobResult, type JobSpec, signReceipt } from "../src/index.js";
import { outputSha256 } from "../src/output-hash.js";
import { ActiveJob } from "../src/requester/active-job.js";
import type { JobNote } from "../src/requester/job-port.js";
import { REQUESTER_DEFAULTS } from "../src/requester/options.js";
import { tellEnd } from "../src/requester/settlement.js";

/*
 * One job at its requester, without network and clock: what a test does to it, and all that it has its requester do.
 */

export const DIGEST = "ab".repeat(32);
export const LIMITS = REQUESTER_DEFAULTS;
const MODEL = "fake:latest";
const REQUESTER_ID = "requester";
const PROMPT_TOKENS = 3;

export function jobSpec(changes: Partial<JobSpec> = {}): JobSpec {
  return {
    jobId: "job",
    accountId: "alice",
    tier: 0,
    operation: Operation.GENERATE,
    model: MODEL,
    modelDigest: DIGEST,
    promptPriceMicro: 1n,
    completionPriceMicro: 3n,
    promptBytes: 10,
    completionTokensMax: 1_000,
    deadlineUnixMs: 3_600_000,
    requestJson: new TextEncoder().encode('{"prompt":"hi"}'),
    resume: "continue",
    coalesce: false,
    traceparent: "",
    payer: { kind: "client", hold: () => Promise.reject(new Error("the test answers for the hold")) },
    ...changes,
  };
}

/** Workers with keys of their own; making them takes time. */
export const WORKERS: readonly Identity[] = Array.from({ length: 3 }, () => generateIdentity());

/** What a lease has produced so far, as its worker sees it. */
export interface Lease {
  readonly identity: Identity;
  readonly number: number;
  readonly resumedTokens: number;
  seq: number;
  text: string;
  tokens: number;
  readonly toolCalls: Uint8Array[];
}

export class JobUnderTest {
  readonly job: ActiveJob;
  nowMs = 0;
  isBlameless = false;
  readonly chunks: DeliveredChunk[] = [];
  readonly ends: JobResult[] = [];
  readonly closes: JobResult[] = [];
  readonly completed: CompletedJob[] = [];
  readonly failed: FailedJob[] = [];
  readonly finished: JobFinished[] = [];
  readonly notes: JobNote[] = [];
  /** In order: everything that left the job. */
  readonly effects: string[] = [];
  routes = 0;
  stops = 0;

  constructor(spec: JobSpec = jobSpec()) {
    const effect = (name: string): void => void this.effects.push(name);
    this.job = new ActiveJob({
      spec,
      sink: {
        onChunk: (chunk) => {
          effect("chunk");
          this.chunks.push(chunk);
        },
        onEnd: (result) => {
          effect("end");
          this.ends.push(result);
        },
        onClosed: (result) => {
          effect("closed");
          this.closes.push(result);
        },
      },
      port: {
        isBlameless: () => this.isBlameless,
        route: (job) => {
          effect("route");
          this.routes += 1;
          job.route(this.nowMs);
        },
        stop: () => {
          effect("stop");
          this.stops += 1;
        },
        finished: (_job, update) => void this.finished.push(update),
        ended: (job, end) => {
          effect("ended");
          const ends = {
            completed: (one: CompletedJob) => void this.completed.push(one),
            failed: (one: FailedJob) => void this.failed.push(one),
          };
          tellEnd(ends, job, end, this.nowMs);
        },
        noted: (_job, note) => void this.notes.push(note),
      },
      limits: LIMITS,
      requesterId: REQUESTER_ID,
      nowMs: 0,
      unixMs: 0,
    });
  }

  get text(): string {
    return this.chunks.map(({ text }) => text).join("");
  }

  /** A worker claims the job: its lease, or why it is refused. */
  claim(worker = 0, modelDigest = DIGEST, isBlocked = false, queuedMs = 0): Lease | ClaimRefusal {
    const identity = WORKERS[worker] ?? generateIdentity();
    const moment = { nowMs: this.nowMs, unixMs: this.nowMs };
    const sealingKey = new Uint8Array();
    const claim = { workerId: identity.id, modelDigest, sealingKey, queuedMs };
    const granted = this.job.claim(claim, () => ({ key: identity.id }), moment, isBlocked);
    if (typeof granted === "number") return granted;
    this.job.sent(PLAIN_OPENER);
    const resumedTokens = Work.decode(granted.work).resume?.deliveredTokens ?? 0;
    return { identity, number: granted.lease, resumedTokens, seq: 0, text: "", tokens: 0, toolCalls: [] };
  }

  /** The same, for a worker that is not refused. */
  lease(worker = 0): Lease {
    const lease = this.claim(worker);
    if (typeof lease === "number") throw new Error("the claim was refused");
    return lease;
  }

  /** The lease's worker sends a chunk of one token; `skip`: after others that are lost on the way. */
  chunk(lease: Lease, text = "w ", skip = 0): void {
    lease.text += text;
    this.#send(lease, { text }, skip);
  }

  /** The lease's worker sends a tool call, which is one token here. */
  call(lease: Lease): void {
    const toolCallsJson = Buffer.from('[{"function":{"name":"look"}}]');
    lease.toolCalls.push(toolCallsJson);
    this.#send(lease, { toolCallsJson }, 0);
  }

  #send(lease: Lease, value: { text?: string; toolCallsJson?: Buffer }, skip: number): void {
    const message = Chunk.fromPartial({
      jobId: "job",
      lease: lease.number,
      seq: lease.seq + skip,
      content: { $case: "plain", value },
      tokens: 1,
      promptTokens: PROMPT_TOKENS,
    });
    lease.seq += skip + 1;
    lease.tokens += 1;
    if (this.job.holds(lease.identity.id, lease.number)) this.job.chunk(message, this.nowMs);
  }

  /** The lease's worker sends its final, with a receipt unless it is told otherwise. */
  final(lease: Lease, outcome: Outcome, changes: Partial<Final> = {}): void {
    const { number, identity, resumedTokens } = lease;
    const counts = { promptTokens: PROMPT_TOKENS, completionTokens: lease.tokens };
    const hash = outputSha256({ thinking: "", text: lease.text, toolCalls: lease.toolCalls, embeddings: [] });
    const receipt = Receipt.fromPartial({
      jobId: "job",
      lease: number,
      requesterId: REQUESTER_ID,
      workerId: identity.id,
      model: MODEL,
      modelDigest: DIGEST,
      outcome,
      ...counts,
      resumedTokens,
      outputSha256: hash,
    });
    const final = Final.fromPartial({
      jobId: "job",
      lease: number,
      seq: lease.seq,
      outcome,
      doneReason: outcome === Outcome.COMPLETED ? "stop" : "",
      ...counts,
      receipt: signReceipt(identity, receipt),
      ...changes,
    });
    if (this.job.holds(identity.id, number)) this.job.final(final, this.nowMs);
  }

  /** Lets time pass, with nothing heard meanwhile, and looks. */
  pass(ms: number): void {
    this.nowMs += ms;
    this.job.look({ nowMs: this.nowMs, unixMs: this.nowMs, canJudge: true });
  }
}
