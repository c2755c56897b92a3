import type { Flock } from "@flockollamas/sdk";
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { ask } from "./client.js";
import { type GetOptions, queries } from "./queries.js";
import { useSession } from "./session.js";

/** What the client library answers about the account that is signed in; it waits until one is. */
export function useOwnAsked<T>(
  /** What is asked, with everything that it depends on. */
  name: readonly (string | number)[],
  call: (flock: Flock, signal: AbortSignal) => Promise<T>,
  { every, enabled = true }: GetOptions = {},
): UseQueryResult<T> {
  const session = useSession();
  return useQuery({
    queryKey: ["own", session?.account ?? session?.kind, ...name],
    queryFn: ({ signal }) => ask((flock) => call(flock, signal)),
    enabled: enabled && session !== null,
    ...(every === undefined ? {} : { refetchInterval: every }),
  });
}

/** What anybody may ask. */
export function useOpenAsked<T>(
  name: readonly (string | number)[],
  call: (flock: Flock, signal: AbortSignal) => Promise<T>,
  { every, enabled = true }: GetOptions = {},
): UseQueryResult<T> {
  return useQuery({
    queryKey: ["open", ...name],
    queryFn: ({ signal }) => ask((flock) => call(flock, signal)),
    enabled,
    ...(every === undefined ? {} : { refetchInterval: every }),
  });
}

/** Something of the account has changed: whatever is shown of it is asked for again. */
export function refreshOwn(): Promise<void> {
  return queries.invalidateQueries({ queryKey: ["own"] });
}
