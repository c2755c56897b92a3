import type { ScaleLinear } from "d3-scale";
import styles from "./chart.module.css";

/** The room above and below the marks, for words. */
export const MARGIN = { top: 18, bottom: 20 };

/**
 * The room at the left for values. A phone has none to spare: there they stand above their lines, among the marks.
 */
export function leftMargin(width: number): number {
  return width < 480 ? 0 : 84;
}

interface Values {
  readonly scale: ScaleLinear<number, number>;
  readonly width: number;
}

/** Lines at a few values, behind the marks. */
export function ValueLines({ scale, width }: Values) {
  return ticksOf(scale, width).map((value) => {
    const y = Math.round(scale(value));
    return (
      <line
        key={value}
        x1={leftMargin(width)}
        x2={width}
        y1={y}
        y2={y}
        className={value === 0 ? styles["axis"] : styles["grid"]}
      />
    );
  });
}

/** What the lines stand for, before the marks. */
export function ValueWords({
  scale,
  width,
  format,
}: Values & { readonly format: (value: number) => string }) {
  const isBeside = leftMargin(width) > 0;
  return ticksOf(scale, width)
    .filter((value) => value !== 0)
    .map((value) => (
      <text key={value} y={Math.round(scale(value)) + (isBeside ? 4 : -4)}>
        {format(value)}
      </text>
    ));
}

function ticksOf(scale: ScaleLinear<number, number>, width: number): readonly number[] {
  return scale.ticks(leftMargin(width) > 0 ? 3 : 2);
}

/** The first, the last, and those between for which there is room. */
export function PointAxis({
  labels,
  x,
  y,
  width,
}: {
  readonly labels: readonly string[];
  /** The middle of a point. */
  readonly x: (index: number) => number;
  readonly y: number;
  readonly width: number;
}) {
  const step = Math.max(1, Math.ceil((labels.length * 72) / Math.max(1, width - leftMargin(width))));
  const last = labels.length - 1;
  return (
    <g>
      {labels.map((label, index) => {
        const isShown = index === last || (index % step === 0 && last - index >= step);
        if (!isShown) return null;
        const anchor = index === 0 ? "start" : index === last ? "end" : "middle";
        const at = index === 0 ? leftMargin(width) : index === last ? width : x(index);
        return (
          <text key={label} x={at} y={y} textAnchor={labels.length === 1 ? "start" : anchor}>
            {label}
          </text>
        );
      })}
    </g>
  );
}
