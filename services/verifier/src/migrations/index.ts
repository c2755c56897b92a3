import type { Migrations } from "@flock/database";
import * as firstVersion from "./0001-first-version.js";

/** The verifier's migrations, forward only, in order. What is released never changes (test/schema). */
export const migrations: Migrations = {
  "0001-first-version": firstVersion,
};
