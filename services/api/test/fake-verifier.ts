import { FlockError } from "@flock/errors";
import { writeBundle } from "@flock/evidence";
import { syntheticBundle } from "@flock/evidence/testing";
import { method, type ServedMethod } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import {
  type CheckState,
  StandingState,
  SummaryReply,
  VERIFIER,
  VerdictKind,
  VerdictState,
  VerdictSummary,
} from "@flock/proto/verifier";
import { pageOf } from "./fake-pages.js";

const version = PROTOCOL_VERSION;
const ITEMS_MAX = 200;
const PAGE_DEFAULT = 50;

/** A fake of the verifier. It checks nothing: verdicts and checks are those that a test puts there. */
export class FakeVerifier {
  /** Newest first. */
  readonly verdicts: { readonly summary: VerdictSummary; readonly bundle: Uint8Array }[] = [];
  /** By job id. */
  readonly checks = new Map<string, CheckState>();
  summaryCalls = 0;

  methods(): readonly ServedMethod[] {
    return [
      method(VERIFIER.summary, () => {
        this.summaryCalls += 1;
        return SUMMARY;
      }),
      method(VERIFIER.verdicts, ({ cursor, limit }) => {
        if (limit > ITEMS_MAX) throw new FlockError("invalid_argument", "too many verdicts");
        const all = this.verdicts.map(({ summary }) => summary);
        const numberOf = (each: VerdictSummary) => BigInt(all.length - all.indexOf(each));
        const { items, nextCursor } = pageOf(all, { cursor, limit: limit || PAGE_DEFAULT }, numberOf);
        return { version, verdicts: items, cursor: nextCursor };
      }),
      method(VERIFIER.verdict, ({ verdictId }) => {
        const found = this.verdicts.find(({ summary }) => summary.verdictId === verdictId);
        if (found === undefined) throw new FlockError("not_found", `no verdict ${verdictId}`);
        return { version, ...found };
      }),
      method(VERIFIER.checks, ({ jobIds }) => {
        if (jobIds.length > ITEMS_MAX) throw new FlockError("invalid_argument", "too many jobs");
        const checks = jobIds.flatMap((jobId) => {
          const state = this.checks.get(jobId);
          return state === undefined ? [] : [{ jobId, state, atUnixMs: 0 }];
        });
        return { version, checks };
      }),
    ];
  }

  /** A verdict on the worker; returns its id. */
  reach(workerId: string, more: Partial<VerdictSummary> = {}): string {
    const summary = VerdictSummary.fromPartial({
      verdictId: `5f7c8d9e-5a51-4f0a-9d0c-${String(this.verdicts.length).padStart(12, "0")}`,
      kind: VerdictKind.QUARANTINE,
      state: VerdictState.FINAL,
      workerId,
      model: "library/plain:latest",
      reachedUnixMs: 1_780_000_000_000,
      jobs: 9,
      logEvidenceMilli: 6_908,
      bundleSha256: Buffer.alloc(32, 1),
      ...more,
    });
    const { verdictId } = summary;
    this.verdicts.unshift({ summary, bundle: writeBundle(syntheticBundle({ verdictId, workerId })) });
    return verdictId;
  }
}

const SUMMARY = SummaryReply.fromPartial({
  version,
  jobsSeen: 900,
  jobsDrawn: 90,
  jobsChecked: 80,
  same: 70,
  different: 4,
  undetermined: 6,
  states: [
    { state: StandingState.PROBATION, workers: 3 },
    { state: StandingState.QUARANTINED, workers: 1 },
  ],
  cells: [
    {
      modelDigest: "b".repeat(64),
      engine: "ollama/0.33",
      hardware: "cpu",
      speculation: "none",
      positions: 1_989,
      mismatches: 0,
      mismatchPpm: 10_000,
      surprisalSlackMillinats: 40,
      measuredUnixMs: 1_780_000_000_000,
    },
  ],
  drawDays: [
    { day: "2026-12-01", keySha256: Buffer.alloc(32, 2) },
    { day: "2026-11-29", keySha256: Buffer.alloc(32, 3), key: Buffer.alloc(32, 4) },
  ],
  checkTokens: 40,
  jobTokens: 1_000,
  floorBps: 500,
});
