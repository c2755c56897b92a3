import { scaleLinear } from "d3-scale";
import { useId } from "react";
import styles from "./chart.module.css";
import { SeriesPatterns, Swatch } from "./series.js";

export interface Band {
  readonly name: string;
  readonly value: number;
  /** The value in words, exact. */
  readonly text: string;
  /** Taken away, such as a clawback: drawn from the right end, in the colour of what is bad. */
  readonly isLoss?: boolean;
}

/** Bands under each other on one scale, each with its name and its figure; what they say needs no table beside it. */
export function Bands({ label, bands }: { readonly label: string; readonly bands: readonly Band[] }) {
  const width = scaleLinear([0, Math.max(0, ...bands.map(({ value }) => value)) || 1], [0, 100]).clamp(true);
  return (
    <ul aria-label={label} className={styles["rows"]}>
      {bands.map(({ name, value, text, isLoss = false }) => (
        <li key={name}>
          <div className={styles["rowName"]}>
            <span>{name}</span>
            <b>{text}</b>
          </div>
          <svg className={styles["track"]} viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
            <rect
              x={isLoss ? 100 - width(value) : 0}
              width={width(value)}
              height={1}
              fill={isLoss ? "var(--bad)" : "var(--series-1)"}
            />
          </svg>
        </li>
      ))}
    </ul>
  );
}

/** One bar of parts that add up, with a legend that has the figures. At most five parts. */
export function PartsBar({ label, parts }: { readonly label: string; readonly parts: readonly Band[] }) {
  const id = useId();
  const sum = parts.reduce((total, { value }) => total + value, 0);
  const starts = parts.map((_, index) =>
    parts.slice(0, index).reduce((total, { value }) => total + value, 0),
  );
  const width = scaleLinear([0, sum || 1], [0, 1000]);
  return (
    <div className={styles["rows"]}>
      <svg className={styles["track"]} viewBox="0 0 1000 16" preserveAspectRatio="none" aria-hidden="true">
        <SeriesPatterns id={id} count={parts.length} />
        {parts.map(({ name, value }, index) =>
          value <= 0 ? null : (
            <rect
              key={name}
              x={width(starts[index] ?? 0)}
              width={Math.max(2, width(value) - 2)}
              height="16"
              fill={`url(#${id}-${index})`}
            />
          ),
        )}
      </svg>
      <ul aria-label={label} className={styles["legend"]}>
        {parts.map(({ name, text }, index) => (
          <li key={name}>
            <Swatch id={id} index={index} />
            {name} <b>{text}</b>
          </li>
        ))}
      </ul>
    </div>
  );
}
