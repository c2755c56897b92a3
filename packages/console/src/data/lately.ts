import { request } from "./client.js";
import { queries } from "./queries.js";

const AGAIN_MS = 10_000;

/** What was answered to an open GET; if nothing was yet, it is asked for, and a later call knows it. */
export function lately<T>(path: string): T | undefined {
  const queryKey = ["open", path];
  const state = queries.getQueryState<T>(queryKey);
  const hasJustFailed = Date.now() - (state?.errorUpdatedAt ?? 0) < AGAIN_MS;
  if (state?.data === undefined && !hasJustFailed)
    void queries.prefetchQuery({ queryKey, queryFn: ({ signal }) => request<T>(path, { signal }) });
  return state?.data;
}
