import { StackedBars } from "../../charts/stacked-bars.js";
import { shortAddress } from "../../format/address.js";
import { formatAmount, microOf } from "../../format/amount.js";
import { counted, formatCount } from "../../format/count.js";
import { formatDay } from "../../format/time.js";
import { Amount } from "../../ui/amount.js";
import { Empty, Zero } from "../../ui/states.js";
import { type Column, Table } from "../../ui/table.js";
import styles from "./earn.module.css";
import { daysBetween, type Earnings, type EarningsRow, type Sum, sumsBy } from "./earnings.js";

/** By day and model, and by worker: the rows are those of the API, and the sums are sums of them. */
export function EarnedDays({
  earnings,
  isOfOne,
}: {
  readonly earnings: Earnings;
  readonly isOfOne: boolean;
}) {
  const { earnings: rows, from, to } = earnings;
  if (rows.length === 0)
    return (
      <>
        <Zero what={`LLAMA was earned from ${formatDay(from)} to ${formatDay(to)}`} />
        {isOfOne ? <Empty title="This worker did no job in these days" /> : null}
      </>
    );
  const models = sumsBy(rows, ({ model }) => model);
  const days = daysBetween(from, to);
  const byDay = new Map(sumsBy(rows, ({ day, model }) => `${day} ${model}`).map((sum) => [sum.name, sum]));
  return (
    <>
      <StackedBars
        label="Earned by day and model"
        finding={findingOf(rows, models)}
        labels={days.map(formatDay)}
        series={models.map(({ name }) => ({
          name,
          values: days.map((day) => Number(byDay.get(`${day} ${name}`)?.earnedMicro ?? 0n)),
        }))}
        format={(micro) => formatAmount(BigInt(Math.round(micro)))}
      />
      {isOfOne ? null : (
        <Table
          caption="Earned by worker"
          isCaptionSeen
          columns={WORKER_COLUMNS}
          rows={sumsBy(rows, ({ worker_id: worker }) => worker)}
          rowKey={({ name }) => name}
        />
      )}
      <Table
        caption="Earned by day, model and worker"
        isCaptionSeen
        columns={ROW_COLUMNS}
        rows={rows.slice(0, ROWS_MAX)}
        rowKey={(row) => `${row.day} ${row.model} ${row.worker_id}`}
      />
      {rows.length > ROWS_MAX || earnings.is_cut ? (
        <p className={styles["note"]}>
          Shown are the newest {ROWS_MAX} of {earnings.is_cut ? "more than " : ""}
          {counted(rows.length, "row")}. Choose fewer days for the others.
          {earnings.is_cut ? " The sums are of those that the API told." : ""}
        </p>
      ) : null}
    </>
  );
}

/** More rows make a page slow, and nobody reads them. */
const ROWS_MAX = 200;

const WORKER_COLUMNS: readonly Column<Sum>[] = [
  { id: "name", title: "Worker", cell: ({ name }) => <code title={name}>{shortAddress(name)}</code> },
  { id: "jobs", title: "Jobs", isNumber: true, cell: ({ jobs }) => formatCount(jobs) },
  {
    id: "earned",
    title: "Earned",
    isNumber: true,
    cell: ({ earnedMicro }) => <Amount micro={earnedMicro} />,
  },
  {
    id: "back",
    title: "Clawed back",
    isNumber: true,
    cell: ({ clawedBackMicro }) => <Amount micro={-clawedBackMicro} />,
  },
];

const ROW_COLUMNS: readonly Column<EarningsRow>[] = [
  { id: "day", title: "UTC day", cell: ({ day }) => formatDay(day) },
  { id: "model", title: "Model", cell: ({ model }) => model },
  {
    id: "worker",
    title: "Worker",
    cell: ({ worker_id: worker }) => <code title={worker}>{shortAddress(worker)}</code>,
  },
  { id: "jobs", title: "Jobs", isNumber: true, cell: ({ jobs }) => formatCount(microOf(jobs) ?? 0n) },
  {
    id: "earned",
    title: "Earned",
    isNumber: true,
    cell: ({ share_micro: share }) => <Amount micro={microOf(share)} />,
  },
  {
    id: "back",
    title: "Clawed back",
    isNumber: true,
    cell: ({ clawed_back_micro: back }) => {
      const micro = microOf(back);
      return <Amount micro={micro === null ? null : -micro} />;
    },
  },
];

function findingOf(rows: readonly EarningsRow[], models: readonly Sum[]): string {
  const sum = (of: (each: Sum) => bigint) => models.reduce((total, each) => total + of(each), 0n);
  const back = sum(({ clawedBackMicro }) => clawedBackMicro);
  const loss = back === 0n ? "Nothing was clawed back." : `${formatAmount(back)} was clawed back.`;
  const days = new Set(rows.map(({ day }) => day)).size;
  const earned = formatAmount(sum(({ earnedMicro }) => earnedMicro));
  return `${earned} earned by jobs on ${counted(days, "day")}, most of it with ${models[0]?.name ?? ""}. ${loss}`;
}
