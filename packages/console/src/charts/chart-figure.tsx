import { type KeyboardEvent, type PointerEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { type Column, Table } from "../ui/table.js";
import { leftMargin } from "./axes.js";
import styles from "./chart.module.css";

/** Where a chart draws, in CSS pixels, and which of its points the reader looks at. */
export interface Plot {
  readonly width: number;
  readonly height: number;
  readonly cursor: number | null;
}

export interface ChartFigureProps<Row> {
  /** What the chart is of, for those who do not see it: `Spend per day`. */
  readonly label: string;
  /** What it shows, in a sentence: `Most was spent on 29 Nov, by the key “phone”.` */
  readonly finding: ReactNode;
  /** Each point in words, as the cursor announces it: `29 Nov: 12 LLAMA`. */
  readonly readings: readonly string[];
  /** The same figures, for “Show table”. */
  readonly table: { readonly columns: readonly Column<Row>[]; readonly rows: readonly Row[] };
  readonly rowKey: (row: Row) => string;
  readonly height?: number;
  readonly legend?: ReactNode;
  /** Draws an `<svg>` into the plot. Points stand at equal distances right of `leftMargin`. */
  readonly children: (plot: Plot) => ReactNode;
}

/** The frame of every chart: a caption with the finding, a cursor for the keyboard and the finger, and the table. */
export function ChartFigure<Row>(props: ChartFigureProps<Row>) {
  const { label, finding, readings, table, rowKey, height = 200, legend, children } = props;
  const [isTable, setIsTable] = useState(false);
  const [cursor, setCursor] = useState<number | null>(null);
  const seen = cursor === null ? null : Math.min(cursor, readings.length - 1);
  return (
    <figure className={styles["figure"]}>
      <figcaption className={styles["caption"]}>
        <span>{finding}</span>
        <button
          type="button"
          className={styles["toggle"]}
          aria-expanded={isTable}
          onClick={() => setIsTable(!isTable)}
        >
          {isTable ? "Hide table" : "Show table"}
        </button>
      </figcaption>
      <PlotArea label={label} readings={readings} height={height} cursor={seen} onCursor={setCursor}>
        {children}
      </PlotArea>
      {legend}
      {isTable ? <Table caption={label} columns={table.columns} rows={table.rows} rowKey={rowKey} /> : null}
    </figure>
  );
}

/** A slider over the points, because that is what a screen reader reads a moving value of. */
function PlotArea({
  label,
  readings,
  height,
  cursor,
  onCursor,
  children,
}: {
  readonly label: string;
  readonly readings: readonly string[];
  readonly height: number;
  readonly cursor: number | null;
  readonly onCursor: (cursor: number | null) => void;
  readonly children: (plot: Plot) => ReactNode;
}) {
  const area = useRef<HTMLDivElement>(null);
  const width = useWidth(area);
  const last = readings.length - 1;
  const onKeyDown = (event: KeyboardEvent) => {
    const next = cursorAfter(event.key, cursor ?? last, last);
    if (next === undefined) return;
    event.preventDefault();
    onCursor(next);
  };
  const onPointer = ({ clientX, currentTarget }: PointerEvent<HTMLDivElement>) => {
    const box = currentTarget.getBoundingClientRect();
    const left = leftMargin(box.width);
    const index = Math.floor(((clientX - box.left - left) / (box.width - left)) * readings.length);
    onCursor(Math.max(0, Math.min(last, index)));
  };
  return (
    <div
      ref={area}
      className={styles["plot"]}
      role="slider"
      tabIndex={0}
      aria-label={`${label}: chart, arrow keys read its points`}
      aria-valuemin={0}
      aria-valuemax={Math.max(0, last)}
      aria-valuenow={Math.max(0, cursor ?? last)}
      aria-valuetext={readings[cursor ?? last] ?? "nothing"}
      onKeyDown={onKeyDown}
      onFocus={() => onCursor(cursor ?? last)}
      onBlur={() => onCursor(null)}
      onPointerMove={onPointer}
      onPointerDown={onPointer}
      onPointerLeave={() => onCursor(null)}
      style={{ height }}
    >
      {width > 0 ? children({ width, height, cursor }) : null}
      {cursor === null ? null : (
        <Reading share={(cursor + 0.5) / readings.length} text={readings[cursor] ?? ""} />
      )}
    </div>
  );
}

/** What the cursor stands on, beside it, and never beyond the plot's edges. */
function Reading({ share, text }: { readonly share: number; readonly text: string }) {
  const percent = `${share * 100}%`;
  return (
    <p className={styles["reading"]} aria-hidden="true" style={{ left: percent, translate: `-${percent}` }}>
      {text}
    </p>
  );
}

function cursorAfter(key: string, from: number, last: number): number | undefined {
  switch (key) {
    case "ArrowRight":
    case "ArrowUp":
      return Math.min(last, from + 1);
    case "ArrowLeft":
    case "ArrowDown":
      return Math.max(0, from - 1);
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return undefined;
  }
}

function useWidth(element: React.RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const { current } = element;
    if (current === null) return;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(current);
    return () => observer.disconnect();
  }, [element]);
  return width;
}
