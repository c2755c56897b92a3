import { QueryClient, type UseQueryResult, useQuery } from "@tanstack/react-query";
import { ApiError } from "./api-error.js";
import { request } from "./client.js";
import { subscribe, useSession } from "./session.js";

const RETRIES = 2;

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      gcTime: 10 * 60_000,
      refetchOnWindowFocus: true,
      // A panel says at once what failed; only what may pass in a moment is tried again behind it.
      retry: (failures, error) =>
        failures < RETRIES && error instanceof ApiError && error.status !== 429 && error.isPassing,
      retryDelay: (failures) => 500 * 2 ** failures,
    },
    mutations: { retry: false },
  },
});

// What one account saw is not shown to the next.
subscribe(() => queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] === "own" }));

export interface GetOptions {
  /** Asks again so often while the page is seen, in milliseconds. */
  readonly every?: number;
  readonly enabled?: boolean;
}

/** A GET that anybody may make. */
export function useOpen<T>(path: string, options: GetOptions = {}): UseQueryResult<T> {
  return useGet<T>(["open", path], path, options);
}

/** A GET of the account that is signed in; it waits until one is. */
export function useOwn<T>(path: string, options: GetOptions = {}): UseQueryResult<T> {
  const session = useSession();
  const isEnabled = session !== null && options.enabled !== false;
  return useGet<T>(["own", session?.account ?? session?.kind, path], path, {
    ...options,
    enabled: isEnabled,
  });
}

function useGet<T>(
  queryKey: readonly unknown[],
  path: string,
  { every, enabled = true }: GetOptions,
): UseQueryResult<T> {
  return useQuery({
    queryKey,
    queryFn: ({ signal }) => request<T>(path, { signal }),
    enabled,
    ...(every === undefined ? {} : { refetchInterval: every }),
  });
}
