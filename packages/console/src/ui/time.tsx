import { useNow } from "../data/clock.js";
import { formatRelative, formatUtc } from "../format/time.js";
import styles from "./figures.module.css";

/**
 * A moment as `3 min ago`; the exact one in UTC opens on hover and on focus. `null` is `never`, or what `none` says.
 */
export function Time({
  at,
  none = "never",
}: {
  readonly at: string | number | null;
  readonly none?: string;
}) {
  const now = useNow();
  if (at === null) return <span>{none}</span>;
  const moment = typeof at === "number" ? at : Date.parse(at);
  if (Number.isNaN(new Date(moment).getTime())) return <span>at a time that cannot be read</span>;
  const exact = formatUtc(moment);
  return (
    <time dateTime={new Date(moment).toISOString()} className={styles["time"]} tabIndex={0}>
      {formatRelative(moment, now)}
      <span className={styles["exact"]}>{exact}</span>
    </time>
  );
}
