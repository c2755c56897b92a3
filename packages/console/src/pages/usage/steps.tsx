import { Icon } from "../../identity/icon.js";
import styles from "./usage.module.css";

/** How far something is on its way; those before `at` are done. */
export function Steps({
  label,
  steps,
  at,
}: {
  readonly label: string;
  readonly steps: readonly string[];
  /** The index of the one that it is at; the last one is done when it is reached. */
  readonly at: number;
}) {
  return (
    <ol aria-label={label} className={styles["steps"]}>
      {steps.map((step, index) => {
        const isDone = index < at || (index === at && at === steps.length - 1);
        return (
          <li key={step} aria-current={index === at ? "step" : undefined} data-done={isDone}>
            {isDone ? <Icon name="check" /> : <span aria-hidden="true">{index === at ? "●" : "○"}</span>}
            {step}
          </li>
        );
      })}
    </ol>
  );
}
