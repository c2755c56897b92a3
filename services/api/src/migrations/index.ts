import type { Migrations } from "@flock/database";
import * as firstVersion from "./0001-first-version.js";
import * as rightsAndUsage from "./0002-rights-and-usage.js";
import * as keyLimits from "./0003-key-limits.js";
import * as secrets from "./0004-secrets.js";

/** The api's migrations, forward only, in order. What is released never changes (test/schema). */
export const migrations: Migrations = {
  "0001-first-version": firstVersion,
  "0002-rights-and-usage": rightsAndUsage,
  "0003-key-limits": keyLimits,
  "0004-secrets": secrets,
};
