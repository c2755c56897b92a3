import type { Kysely } from "kysely";
import { createBatches } from "./0001-first-version/batches.js";
import { createDeposits } from "./0001-first-version/deposits.js";
import { createGuards } from "./0001-first-version/guards.js";
import { createPayouts } from "./0001-first-version/payouts.js";
import { createStops } from "./0001-first-version/stops.js";

/** What the treasury keeps, as it was first released, each file one subject; later ones use what earlier ones made. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createGuards(db);
  await createPayouts(db);
  await createBatches(db);
  await createStops(db);
  await createDeposits(db);
}
