import type { ReactNode } from "react";
import styles from "./fold.module.css";

/** The second depth: ids, hashes, raw JSON, and the `flock` command that does the same. */
export function Fold({
  title = "Details",
  children,
}: {
  readonly title?: string;
  readonly children: ReactNode;
}) {
  return (
    <details className={styles["fold"]}>
      <summary>{title}</summary>
      <div className={styles["inside"]}>{children}</div>
    </details>
  );
}
