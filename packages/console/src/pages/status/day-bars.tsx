import { leftMargin } from "../../charts/axes.js";
import { ChartFigure, type Plot } from "../../charts/chart-figure.js";
import { counted } from "../../format/count.js";
import { formatDay } from "../../format/time.js";
import { useIsNarrow } from "../../ui/media.js";
import { type Day, shareWords } from "./status.js";
import styles from "./status.module.css";

const BAR = 22;
const AXIS = 18;

/** For each service a bar a day: how much of it went well. A day on which nobody looked is blank. */
export function DayBars({
  days,
  names,
}: {
  readonly days: readonly Day[];
  readonly names: readonly string[];
}) {
  const row = BAR + (useIsNarrow() ? 22 : 8);
  const columns = [
    { id: "day", title: "Day", cell: ({ day }: Day) => formatDay(day) },
    ...names.map((name) => ({
      id: name,
      title: name,
      isNumber: true,
      cell: (day: Day) => toldOf(day, name),
    })),
  ];
  return (
    <ChartFigure
      label="Services by day"
      finding={findingOf(days)}
      readings={days.map((day) =>
        day.services.length === 0
          ? `${formatDay(day.day)}: nobody looked`
          : `${formatDay(day.day)}: ${names.map((name) => `${name} ${toldOf(day, name)}`).join(", ")}`,
      )}
      table={{ columns, rows: days.toReversed() }}
      rowKey={({ day }) => day}
      height={names.length * row + AXIS}
      legend={
        <ul className={styles["legend"]}>
          <li>
            <i data-part="ok" /> worked
          </li>
          <li>
            <i data-part="bad" /> did not
          </li>
          <li>
            <i data-part="none" /> nobody looked
          </li>
        </ul>
      }
    >
      {(plot) => <Bars plot={plot} days={days} names={names} row={row} />}
    </ChartFigure>
  );
}

function toldOf({ services }: Day, name: string): string {
  const found = services.find((service) => service.name === name);
  return found === undefined || found.samples === 0 ? "not observed" : shareWords(found.ok, found.samples);
}

function findingOf(days: readonly Day[]): string {
  const observed = days.filter(({ services }) => services.length > 0);
  if (observed.length === 0) return "Nobody has looked in these days.";
  const whole = observed.filter(({ services }) => services.every(({ ok, samples }) => ok === samples));
  const blank = days.length - observed.length;
  const unseen = blank === 0 ? "" : ` On ${counted(blank, "day")} nobody looked.`;
  return `On ${whole.length} of ${counted(observed.length, "observed day")} every service worked all day.${unseen}`;
}

function Bars({
  plot: { width, height, cursor },
  days,
  names,
  row,
}: {
  readonly plot: Plot;
  readonly days: readonly Day[];
  readonly names: readonly string[];
  readonly row: number;
}) {
  const left = leftMargin(width);
  const step = (width - left) / Math.max(1, days.length);
  const bar = Math.max(1, step - (step > 4 ? 1 : 0.5));
  return (
    <svg width={width} height={height} aria-hidden="true">
      {cursor === null ? null : (
        <rect
          className={styles["cursor"]}
          x={left + cursor * step - 1}
          width={bar + 2}
          height={height - AXIS}
        />
      )}
      {names.map((name, index) => {
        const top = (index + 1) * row - BAR - 4;
        return (
          <g key={name}>
            <text x={0} y={left > 0 ? top + 15 : top - 5}>
              {name}
            </text>
            <line x1={left} x2={width} y1={top + BAR} y2={top + BAR} className={styles["base"]} />
            {days.map((day, place) => (
              <DayBar key={day.day} day={day} name={name} x={left + place * step} y={top} width={bar} />
            ))}
          </g>
        );
      })}
      <text x={left} y={height - 4}>
        {days[0] === undefined ? "" : formatDay(days[0].day)}
      </text>
      <text x={width} y={height - 4} textAnchor="end">
        today
      </text>
    </svg>
  );
}

/** What failed hangs from the top, and can always be seen. */
function DayBar({
  day,
  name,
  x,
  y,
  width,
}: {
  readonly day: Day;
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}) {
  const found = day.services.find((service) => service.name === name);
  if (found === undefined || found.samples === 0) return null;
  const failed = found.ok === found.samples ? 0 : Math.max(4, BAR * (1 - found.ok / found.samples));
  return (
    <>
      <rect x={x} y={y + failed} width={width} height={BAR - failed} className={styles["ok"]} />
      {failed === 0 ? null : <rect x={x} y={y} width={width} height={failed - 1} className={styles["bad"]} />}
    </>
  );
}
