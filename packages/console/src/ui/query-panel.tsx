import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Panel } from "./panel.js";
import { AsOf, Failed, Loading } from "./states.js";

/**
 * A panel over one answer of the api: a skeleton before it, what failed instead of it, and old data with its time
 * while a newer answer fails.
 */
export function QueryPanel<T>({
  title,
  what,
  query,
  lines,
  aside,
  children,
}: {
  readonly title: string;
  /** As in `Loading the models`. */
  readonly what: string;
  readonly query: UseQueryResult<T>;
  readonly lines?: number;
  readonly aside?: ReactNode;
  readonly children: (data: T) => ReactNode;
}) {
  const { data, error, dataUpdatedAt, errorUpdatedAt } = query;
  const time = data === undefined ? null : <AsOf at={dataUpdatedAt} isStale={error !== null} />;
  return (
    <Panel
      title={title}
      aside={
        <>
          {aside} {time}
        </>
      }
    >
      {error === null ? null : (
        <Failed
          key={errorUpdatedAt}
          what={`${what.charAt(0).toUpperCase()}${what.slice(1)} could not be read`}
          error={error}
          since={errorUpdatedAt}
          onRetry={() => void query.refetch()}
        />
      )}
      {data !== undefined ? children(data) : null}
      {data === undefined && error === null ? <Loading what={what} lines={lines ?? 3} /> : null}
    </Panel>
  );
}
