import type { Database } from "@flock/database";
import type { LadderRules } from "@flock/evidence";
import type { Clock } from "@flock/mesh";
import type { Logger } from "@flock/observability";
import type { VerifierMetrics } from "./metrics.js";
import type { VerifierSchema } from "./store/schema.js";

/** What governance says of checks. */
export interface CheckRules {
  readonly ladder: LadderRules;
  /** Places of an answer that are asked about. */
  readonly positions: number;
  /** How long a conviction can be appealed against. */
  readonly appealMs: number;
  /** How long after a job's end it can be taken back, at most. */
  readonly takeBackMs: number;
  readonly slashBps: number;
}

/** What every part of the verifier works with. */
export interface Verifier {
  readonly db: Database<VerifierSchema>;
  readonly rules: () => CheckRules;
  readonly clock: Pick<Clock, "unixMs" | "nowMs">;
  readonly newId: () => string;
  readonly metrics: VerifierMetrics;
  readonly logger: Logger;
}

/** The account at the ledger that pays for runs of the verifier's own. */
export const CHECKS_ACCOUNT = "verifier-checks";
