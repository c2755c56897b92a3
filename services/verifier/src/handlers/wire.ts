import type { Cell, LadderVerdict } from "@flock/evidence";
import { missPpm } from "@flock/evidence";
import {
  type CalibrationCell,
  CheckState,
  VerdictKind,
  VerdictState,
  type VerdictSummary,
} from "@flock/proto/verifier";
import type { CheckState as CheckStateName } from "../domain/check.js";
import type { VerdictState as VerdictStateName } from "../domain/verdict.js";
import type { Moved, VerdictRow } from "../store/verdicts.js";

/*
 * Between what callers send and get, and what the verifier works with.
 */

const KINDS: Readonly<Record<LadderVerdict, VerdictKind>> = {
  quarantine: VerdictKind.QUARANTINE,
  release: VerdictKind.RELEASE,
  conviction: VerdictKind.CONVICTION,
};

const STATES: Readonly<Record<VerdictStateName, VerdictState>> = {
  final: VerdictState.FINAL,
  appealable: VerdictState.APPEALABLE,
  due: VerdictState.DUE,
  overturned: VerdictState.OVERTURNED,
};

const CHECKS: Readonly<Record<CheckStateName, CheckState>> = {
  open: CheckState.OPEN,
  same: CheckState.SAME,
  different: CheckState.DIFFERENT,
  undetermined: CheckState.UNDETERMINED,
};

export function checkState(state: CheckStateName): CheckState {
  return CHECKS[state];
}

export function summaryOf(row: VerdictRow, moved: Moved | undefined): VerdictSummary {
  return {
    verdictId: row.verdict_id,
    kind: KINDS[row.kind],
    state: STATES[row.state],
    workerId: row.worker_id,
    model: row.model,
    reachedUnixMs: row.reached_at.getTime(),
    appealUntilUnixMs: row.appeal_until?.getTime() ?? 0,
    jobs: row.jobs,
    logEvidenceMilli: Number(row.log_e_millinats),
    bundleSha256: row.bundle_sha256,
    clawedBackMicro: moved?.clawback ?? 0n,
    slashedMicro: moved?.slash ?? 0n,
    compensatedMicro: moved?.compensate ?? 0n,
    ruling: row.ruling,
  };
}

export function wireCell(cell: Cell): CalibrationCell {
  return {
    modelDigest: cell.modelDigest,
    engine: cell.engine,
    hardware: cell.hardware,
    speculation: cell.speculation,
    positions: cell.positions,
    mismatches: cell.misses,
    mismatchPpm: missPpm(cell),
    surprisalSlackMillinats: cell.surprisalSlackMillinats,
    measuredUnixMs: cell.measuredUnixMs,
    frozenUntilUnixMs: cell.frozenUntilUnixMs,
  };
}
