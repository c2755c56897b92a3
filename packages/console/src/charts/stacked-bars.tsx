import { scaleBand, scaleLinear } from "d3-scale";
import { stack } from "d3-shape";
import { type ReactNode, useId } from "react";
import { leftMargin, MARGIN, PointAxis, ValueLines, ValueWords } from "./axes.js";
import { type BarSeries, withOther } from "./bar-series.js";
import styles from "./chart.module.css";
import { ChartFigure, type Plot } from "./chart-figure.js";
import { SeriesPatterns, Swatch } from "./series.js";

export interface StackedBarsProps {
  readonly label: string;
  readonly finding: ReactNode;
  /** Along the bottom, such as days, oldest first. */
  readonly labels: readonly string[];
  /** The largest first. Beyond four, what is left is drawn as one; the table has them all. */
  readonly series: readonly BarSeries[];
  readonly format: (value: number) => string;
  readonly height?: number;
}

export function StackedBars({ label, finding, labels, series, format, height }: StackedBarsProps) {
  const id = useId();
  const drawn = withOther(series);
  const columns = [
    { id: "label", title: "", cell: (index: number) => labels[index] },
    ...series.map(({ name, values }) => ({
      id: name,
      title: name,
      isNumber: true,
      cell: (index: number) => format(values[index] ?? 0),
    })),
  ];
  return (
    <ChartFigure
      label={label}
      finding={finding}
      readings={labels.map((each, index) => readingOf(each, index, drawn, format))}
      table={{ columns, rows: labels.map((_, index) => index) }}
      rowKey={String}
      {...(height === undefined ? {} : { height })}
      legend={
        <ul className={styles["legend"]}>
          {drawn.map(({ name }, index) => (
            <li key={name}>
              <Swatch id={id} index={index} />
              {name}
            </li>
          ))}
        </ul>
      }
    >
      {(plot) => <Bars plot={plot} id={id} labels={labels} series={drawn} format={format} />}
    </ChartFigure>
  );
}

function readingOf(
  label: string,
  index: number,
  series: readonly BarSeries[],
  format: (value: number) => string,
): string {
  const parts = series.filter(({ values }) => (values[index] ?? 0) !== 0);
  const words = parts.map(({ name, values }) => `${name} ${format(values[index] ?? 0)}`);
  return `${label}: ${words.join(", ") || format(0)}`;
}

function Bars({
  plot,
  id,
  labels,
  series,
  format,
}: {
  readonly plot: Plot;
  readonly id: string;
  readonly labels: readonly string[];
  readonly series: readonly BarSeries[];
  readonly format: (value: number) => string;
}) {
  const { width, height, cursor } = plot;
  const rows = labels.map((_, index) => index);
  const stacks = stack<number, number>()
    .keys(series.keys())
    .value((row, key) => series[key]?.values[row] ?? 0)(rows);
  const top = Math.max(0, ...stacks.flatMap((layer) => layer.map(([, end]) => end)));
  const x = scaleBand<number>(rows, [leftMargin(width), width]).paddingInner(0.25);
  const y = scaleLinear([0, top || 1], [height - MARGIN.bottom, MARGIN.top]).nice(3);
  const middle = (index: number) => (x(index) ?? 0) + x.bandwidth() / 2;
  return (
    <svg width={width} height={height} aria-hidden="true">
      <SeriesPatterns id={id} count={series.length} />
      <ValueLines scale={y} width={width} />
      {cursor === null ? null : (
        <line className={styles["cursor"]} x1={middle(cursor)} x2={middle(cursor)} y1={0} y2={y(0)} />
      )}
      {stacks.map((layer, index) =>
        layer.map(([from, to], row) => {
          // A pixel of the surface between what touches.
          const size = y(from) - y(to) - (from > 0 ? 1 : 0);
          return size <= 0 ? null : (
            <rect
              key={`${layer.key} ${labels[row]}`}
              x={x(row)}
              width={x.bandwidth()}
              y={y(to)}
              height={size}
              fill={`url(#${id}-${index})`}
            />
          );
        }),
      )}
      <ValueWords scale={y} width={width} format={format} />
      <PointAxis labels={labels} x={middle} y={height - 4} width={width} />
    </svg>
  );
}
