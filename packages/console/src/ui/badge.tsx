import type { ReactNode } from "react";
import styles from "./badge.module.css";

/** A state. Series of data have colours of their own. */
export type Tone = "plain" | "ok" | "warn" | "bad" | "info";

/** A state in a word, which the colour only repeats. */
export function Badge({ tone = "plain", children }: { readonly tone?: Tone; readonly children: ReactNode }) {
  return <span className={`${styles["badge"]} ${styles[tone] ?? ""}`}>{children}</span>;
}

/** A fact that concerns the whole page, with what can be done about it. */
export function Banner({
  tone,
  children,
  action,
}: {
  readonly tone: Exclude<Tone, "plain">;
  readonly children: ReactNode;
  readonly action?: ReactNode;
}) {
  return (
    <div className={`${styles["banner"]} ${styles[tone] ?? ""}`}>
      <div>{children}</div>
      {action}
    </div>
  );
}
