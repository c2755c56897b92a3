import { amountText } from "../format/amount.js";
import styles from "./figures.module.css";

/** An amount of µLLAMA, exact. What is not known is `null`, and never drawn as 0. */
export function Amount({ micro }: { readonly micro: bigint | null }) {
  if (micro === null) return <span className={styles["unit"]}>not known</span>;
  const { figure, unit } = amountText(micro);
  return (
    <span className={styles["amount"]}>
      {figure} <span className={styles["unit"]}>{unit}</span>
    </span>
  );
}
