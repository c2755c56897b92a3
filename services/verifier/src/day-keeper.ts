import { type Part, repeating } from "@flock/mesh";
import { dayOf } from "./domain/day.js";
import { ensureDayKey } from "./store/days.js";
import { forgetJobs } from "./store/draws.js";
import type { Verifier } from "./verifier.js";

const INTERVAL_MS = 60_000;
/** The key of a day is made before it begins: its hash is told from its first moment on. */
const AHEAD_MS = 600_000;
const FORGET_PAGE = 10_000;

/** Makes the keys of days before they begin, and forgets jobs that nothing can follow from. */
export function dayKeeper({ db, clock, rules, logger }: Verifier): Part {
  return repeating({ name: "day keeper", logger, intervalMs: INTERVAL_MS }, async () => {
    const unixMs = clock.unixMs();
    await ensureDayKey(db.kysely, dayOf(unixMs));
    await ensureDayKey(db.kysely, dayOf(unixMs + AHEAD_MS));
    return (await forgetJobs(db.kysely, new Date(unixMs - rules().takeBackMs))) === FORGET_PAGE;
  });
}
