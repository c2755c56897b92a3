import { scaleLinear } from "d3-scale";
import { area, line } from "d3-shape";
import type { ReactNode } from "react";
import { leftMargin, MARGIN, PointAxis, ValueLines, ValueWords } from "./axes.js";
import styles from "./chart.module.css";
import { ChartFigure, type Plot } from "./chart-figure.js";
import { seriesLook } from "./series.js";

export interface LineSeries {
  readonly name: string;
  /** One per label; `null`: not known, and a gap. */
  readonly values: readonly (number | null)[];
  /** A band around the line, such as p50 to p90. */
  readonly band?: readonly (readonly [low: number, high: number] | null)[];
}

export interface LinesProps {
  readonly label: string;
  readonly finding: ReactNode;
  readonly labels: readonly string[];
  /** At most four. */
  readonly series: readonly LineSeries[];
  readonly format: (value: number) => string;
  readonly height?: number;
}

export function Lines({ label, finding, labels, series, format, height }: LinesProps) {
  const told = (value: number | null | undefined) => (value == null ? "not known" : format(value));
  const columns = [
    { id: "label", title: "", cell: (index: number) => labels[index] },
    ...series.map(({ name, values }) => ({
      id: name,
      title: name,
      isNumber: true,
      cell: (index: number) => told(values[index]),
    })),
  ];
  return (
    <ChartFigure
      label={label}
      finding={finding}
      readings={labels.map(
        (each, index) =>
          `${each}: ${series.map(({ name, values }) => `${name} ${told(values[index])}`).join(", ")}`,
      )}
      table={{ columns, rows: labels.map((_, index) => index) }}
      rowKey={String}
      {...(height === undefined ? {} : { height })}
      legend={
        <ul className={styles["legend"]}>
          {series.map(({ name }, index) => (
            <li key={name}>
              <svg width="24" height="8" viewBox="0 0 24 8" aria-hidden="true">
                <path d="M0 4h24" strokeWidth="2" {...strokeOf(index)} />
              </svg>
              {name}
            </li>
          ))}
        </ul>
      }
    >
      {(plot) => <Drawing plot={plot} labels={labels} series={series} format={format} />}
    </ChartFigure>
  );
}

function strokeOf(index: number) {
  const { colour, dash } = seriesLook(index);
  return { stroke: colour, ...(dash === undefined ? {} : { strokeDasharray: dash }) };
}

function Drawing({
  plot: { width, height, cursor },
  labels,
  series,
  format,
}: Pick<LinesProps, "labels" | "series" | "format"> & { readonly plot: Plot }) {
  const all = series.flatMap(({ values, band = [] }) => [
    ...values.filter((value) => value !== null),
    ...band.flatMap((each) => each ?? []),
  ]);
  const left = leftMargin(width);
  const step = (width - left) / Math.max(1, labels.length);
  const x = (index: number) => left + (index + 0.5) * step;
  const y = scaleLinear(
    [Math.min(0, ...all), Math.max(0, ...all) || 1],
    [height - MARGIN.bottom, MARGIN.top],
  ).nice(3);
  const path = line<number | null>(
    (_, index) => x(index),
    (value) => y(value ?? 0),
  ).defined((value) => value !== null);
  const between = area<readonly [number, number] | null>(
    (_, index) => x(index),
    (band) => y(band?.[0] ?? 0),
    (band) => y(band?.[1] ?? 0),
  ).defined((band) => band !== null);
  return (
    <svg width={width} height={height} aria-hidden="true">
      <ValueLines scale={y} width={width} />
      {cursor === null ? null : (
        <line className={styles["cursor"]} x1={x(cursor)} x2={x(cursor)} y1={0} y2={height - MARGIN.bottom} />
      )}
      {series.map(({ name, band }, index) =>
        band === undefined ? null : (
          <path key={name} d={between([...band]) ?? ""} fill={seriesLook(index).colour} opacity={0.2} />
        ),
      )}
      {series.map(({ name, values }, index) => (
        <path key={name} d={path([...values]) ?? ""} fill="none" strokeWidth="2" {...strokeOf(index)} />
      ))}
      <ValueWords scale={y} width={width} format={format} />
      <PointAxis labels={labels} x={x} y={height - 4} width={width} />
    </svg>
  );
}
