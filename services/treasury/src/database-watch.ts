import { type Database, isReady } from "@flock/database";
import { delay, type Part } from "@flock/mesh";

const INTERVAL_MS = 500;

/** Asks the database twice a second whether it answers; the service is not ready while it does not. */
export function databaseWatch(db: Pick<Database<unknown>, "pool">): Part {
  let isUp = true;
  return {
    name: "database watch",
    async start(stop) {
      while (!stop.aborted) {
        isUp = await isReady(db);
        await delay(INTERVAL_MS, stop);
      }
    },
    notReady: () => (isUp ? undefined : "the database does not answer"),
  };
}
