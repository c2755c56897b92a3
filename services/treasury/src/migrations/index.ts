import type { Migrations } from "@flock/database";
import * as payouts from "./0001-payouts.js";
import * as deposits from "./0002-deposits.js";
import * as assignments from "./0003-assignments.js";
import * as names from "./0004-names.js";

/** The treasury's migrations, forward only, in order. */
export const migrations: Migrations = {
  "0001-payouts": payouts,
  "0002-deposits": deposits,
  "0003-assignments": assignments,
  "0004-names": names,
};
