import type { Kysely } from "kysely";
import { createChecks } from "./0001-first-version/checks.js";
import { createDays } from "./0001-first-version/days.js";
import { createVerdicts } from "./0001-first-version/verdicts.js";
import { createWorkers } from "./0001-first-version/workers.js";

/** What the verifier keeps, as it was first released: numbers and names, no prompt, no answer, no token. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createDays(db);
  await createWorkers(db);
  await createChecks(db);
  await createVerdicts(db);
}
