import { scaleLinear } from "d3-scale";
import { line } from "d3-shape";
import styles from "./chart.module.css";

const WIDTH = 96;
const HEIGHT = 24;

/**
 * A course in the line of a table. Its label says what a sighted reader takes from it: `Spend in 30 days, rising`.
 */
export function Sparkline({ values, label }: { readonly values: readonly number[]; readonly label: string }) {
  const x = scaleLinear([0, Math.max(1, values.length - 1)], [1, WIDTH - 1]);
  const y = scaleLinear([0, Math.max(0, ...values) || 1], [HEIGHT - 1, 2]);
  const path = line<number>(
    (_, index) => x(index),
    (value) => y(value),
  );
  return (
    <svg className={styles["sparkline"]} width={WIDTH} height={HEIGHT} role="img" aria-label={label}>
      <line x2={WIDTH} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} stroke="var(--rule)" />
      <path d={path(values) ?? ""} fill="none" stroke="var(--series-1)" strokeWidth="1.5" />
    </svg>
  );
}
