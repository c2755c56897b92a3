import type { UseQueryResult } from "@tanstack/react-query";
import { useNow } from "./clock.js";

/**
 * Whether what an answer says may no longer be so: a newer one failed, is not asked for because the browser is
 * offline, or has not come for `maxMs`.
 */
export function useIsStale(query: UseQueryResult, maxMs: number): boolean {
  const now = useNow();
  return query.error !== null || query.fetchStatus === "paused" || now - query.dataUpdatedAt > maxMs;
}
