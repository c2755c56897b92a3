import { type ReactNode, useState } from "react";
import { ApiError } from "../data/api-error.js";
import { useNow } from "../data/clock.js";
import { formatClock } from "../format/time.js";
import { Icon } from "../identity/icon.js";
import { Button } from "./button.js";
import styles from "./states.module.css";

/* Loading, empty, zero, failed and stale are five different things, and look like that. */

/** In the shape of what will stand here, after 150 ms. */
export function Loading({ lines = 3, what }: { readonly lines?: number; readonly what: string }) {
  return (
    <div className={styles["skeleton"]} role="status">
      <span className="only-heard">Loading {what}</span>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are alike
        <div key={line} className={styles["bone"]} />
      ))}
    </div>
  );
}

/** Nothing yet: what will stand here, and the one action that starts it. */
export function Empty({
  title,
  children,
  action,
}: {
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}) {
  return (
    <div className={styles["state"]}>
      <p className={styles["title"]}>{title}</p>
      {children}
      {action}
    </div>
  );
}

/** Something was counted, and it is none: the axis with 0 on it. */
export function Zero({ what }: { readonly what: string }) {
  return (
    <p className={styles["zero"]}>
      <b>0</b>
      <span>{what}</span>
    </p>
  );
}

/** What failed, and a way to try again, not before the api wants it. */
export function Failed({
  what,
  error,
  onRetry,
  since,
}: {
  /** As a sentence goes on: `the models could not be read`. */
  readonly what: string;
  readonly error: unknown;
  readonly onRetry?: () => void;
  /** Milliseconds since 1970. */
  readonly since?: number;
}) {
  const [shownAt] = useState(Date.now);
  const api = error instanceof ApiError ? error : null;
  const message = error instanceof Error ? error.message : "unknown";
  return (
    <div className={`${styles["state"]} ${styles["failed"]}`} role="alert">
      <p className={styles["title"]}>
        <Icon name="warning" />
        {what}
      </p>
      <p>
        {api?.status === 0 ? "This page cannot reach the api" : sentence(message)}
        {` (since ${formatClock(since ?? shownAt)} UTC).`}
      </p>
      {onRetry === undefined ? null : <Retry error={error} shownAt={shownAt} onRetry={onRetry} />}
      {api === null ? null : (
        <details className={styles["details"]}>
          <summary>Details</summary>
          <p>
            <code>
              {api.code} · status {api.status}
              {api.requestId === null ? "" : ` · request ${api.requestId}`}
            </code>
          </p>
        </details>
      )}
    </div>
  );
}

function Retry({
  error,
  shownAt,
  onRetry,
}: {
  readonly error: unknown;
  readonly shownAt: number;
  readonly onRetry: () => void;
}) {
  const now = useNow();
  const wait = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
  const seconds = Math.ceil((shownAt + wait - now) / 1_000);
  return (
    <div className={styles["actions"]}>
      <Button onClick={onRetry} disabled={seconds > 0}>
        {seconds > 0 ? `Try again in ${seconds} s` : "Try again"}
      </Button>
    </div>
  );
}

/** Beside a figure: since when it is known, in amber when it is old. `at` in milliseconds since 1970. */
export function AsOf({ at, isStale = false }: { readonly at: number; readonly isStale?: boolean }) {
  return (
    <span className={isStale ? styles["stale"] : styles["asOf"]}>
      {isStale ? <span aria-hidden="true">●</span> : null}as of {formatClock(at)} UTC
    </span>
  );
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, "")}`;
}
