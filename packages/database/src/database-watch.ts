import { setTimeout as sleep } from "node:timers/promises";
import { type Database, isReady } from "./database.js";

const INTERVAL_MS = 500;

/**
 * Asks the database twice a second whether it answers; a service with this part is not ready while it does not.
 * (The shape is that of a part of a service; this package knows no services.)
 */
export function databaseWatch(db: Pick<Database<unknown>, "pool">) {
  let isUp = true;
  return {
    name: "database watch",
    async start(stop: AbortSignal): Promise<void> {
      while (!stop.aborted) {
        isUp = await isReady(db);
        // Rejects when stopped, which is no failure.
        await sleep(INTERVAL_MS, undefined, { signal: stop }).catch(() => undefined);
      }
    },
    notReady: (): string | undefined => (isUp ? undefined : "the database does not answer"),
  };
}
