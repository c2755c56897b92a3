import type { Migrations } from "@flock/database";
import * as firstVersion from "./0001-first-version.js";
import * as rightsAndUsage from "./0002-rights-and-usage.js";
import * as keyLimits from "./0003-key-limits.js";
import * as secrets from "./0004-secrets.js";
import * as jobs from "./0005-jobs.js";
import * as delegations from "./0006-delegations.js";
import * as keyUses from "./0007-key-uses.js";
import * as delegationsOfPayout from "./0008-delegations-of-payout.js";
import * as status from "./0009-status.js";
import * as optedOutJobs from "./0010-opted-out-jobs.js";

/** The api's migrations, forward only, in order. What is released never changes (test/schema). */
export const migrations: Migrations = {
  "0001-first-version": firstVersion,
  "0002-rights-and-usage": rightsAndUsage,
  "0003-key-limits": keyLimits,
  "0004-secrets": secrets,
  "0005-jobs": jobs,
  "0006-delegations": delegations,
  "0007-key-uses": keyUses,
  "0008-delegations-of-payout": delegationsOfPayout,
  "0009-status": status,
  "0010-opted-out-jobs": optedOutJobs,
};
