import type { Usage, UsageRow } from "@flockollamas/sdk";
import type { BarSeries } from "../../charts/bar-series.js";
import { Lines } from "../../charts/lines.js";
import { StackedBars } from "../../charts/stacked-bars.js";
import { useOwnAsked } from "../../data/asked.js";
import { useFilter } from "../../data/filters.js";
import { formatAmount } from "../../format/amount.js";
import { formatDay, utcDay } from "../../format/time.js";
import { Button } from "../../ui/button.js";
import { Field, SelectField } from "../../ui/field.js";
import { Panel } from "../../ui/panel.js";
import { QueryPanel } from "../../ui/query-panel.js";
import { Empty, Zero } from "../../ui/states.js";
import { type By, csvOf, daysOf, type Range, rangeOf, seriesOf, totalOf } from "./spend.js";
import { readStatement } from "./statement-data.js";
import { balanceByDay, statementLines } from "./statement-lines.js";
import styles from "./usage.module.css";

const BOOKINGS_MAX = 500;
const BY: readonly { readonly by: By; readonly name: string }[] = [
  { by: "model", name: "Model" },
  { by: "key", name: "Key" },
  { by: "day", name: "Day alone" },
];

/** What was spent on each day, and the balance over it. */
export function SpendPanel() {
  const today = utcDay(Date.now());
  const [days, setDays] = useFilter<string>("days", "30");
  const [from, setFrom] = useFilter<string>("from", "");
  const [to, setTo] = useFilter<string>("to", "");
  const [named, setBy] = useFilter<By>("by", "model");
  const by = BY.some((each) => each.by === named) ? named : "model";
  const range = rangeOf(days, from, to, today);
  const filters = (
    <div className={styles["filters"]}>
      <SelectField label="Days" value={days} onChange={(event) => setDays(event.target.value)}>
        <option value="7">last 7 (UTC)</option>
        <option value="30">last 30 (UTC)</option>
        <option value="90">last 90 (UTC)</option>
        <option value="range">from … to …</option>
      </SelectField>
      {days === "range" ? (
        <>
          <Field
            label="From"
            type="date"
            max={today}
            value={from}
            onChange={(e) => setFrom(e.target.value)}
          />
          <Field label="To" type="date" max={today} value={to} onChange={(e) => setTo(e.target.value)} />
        </>
      ) : null}
      {/* CAST: the options are those of BY. */}
      <SelectField label="By" value={by} onChange={(event) => setBy(event.target.value as By)}>
        {BY.map(({ by: each, name }) => (
          <option key={each} value={each}>
            {name}
          </option>
        ))}
      </SelectField>
    </div>
  );
  return range === null ? (
    <Panel title="Where it went">
      {filters}
      <Empty title="Choose the first and the last day">
        <p>At most 365 days, the first one before the last.</p>
      </Empty>
    </Panel>
  ) : (
    <Spend range={range} by={by} filters={filters} />
  );
}

function Spend({
  range,
  by,
  filters,
}: {
  readonly range: Range;
  readonly by: By;
  readonly filters: React.ReactNode;
}) {
  const { from, to } = range;
  const usage = useOwnAsked(["usage", from, to, by], (flock, signal) =>
    flock.usage.get({ from, to, by: by === "day" ? ["day"] : ["day", by] }, { signal }),
  );
  const names = useKeyNames(by === "key");
  const nameOf = (row: UsageRow) => {
    if (by === "day") return "spent";
    return by === "model" ? (row.model ?? "unknown") : (names.get(row.keyId ?? "") ?? row.keyId ?? "no key");
  };
  return (
    <QueryPanel title="Where it went" what="what was spent" query={usage} lines={8}>
      {(data) => (
        <div className={styles["stack"]}>
          {filters}
          <Chart usage={data} range={range} nameOf={nameOf} />
        </div>
      )}
    </QueryPanel>
  );
}

function Chart({
  usage,
  range,
  nameOf,
}: {
  readonly usage: Usage;
  readonly range: Range;
  readonly nameOf: (row: UsageRow) => string;
}) {
  const days = daysOf(range);
  const line = useBalanceLine(days);
  const balance = line ?? null;
  const series = seriesOf(usage.usage, days, nameOf);
  const total = totalOf(usage.usage);
  return (
    <>
      {total === 0n ? <Zero what={`LLAMA spent from ${range.from} to ${range.to}`} /> : null}
      <StackedBars
        label="Spend by day"
        finding={findingOf(total, series, days)}
        labels={days.map(formatDay)}
        series={series.length === 0 ? [{ name: "spent", values: days.map(() => 0) }] : series}
        format={inLlama}
        height={220}
      />
      {balance === null ? null : (
        <Lines
          label="Balance by day"
          finding={balanceWords(balance, days)}
          labels={days.map(formatDay)}
          series={[balance]}
          format={inLlama}
          height={140}
        />
      )}
      {line === null ? (
        <p className={styles["note"]}>
          The chart of the balance is left out: there are more than {BOOKINGS_MAX} bookings since the first
          day, or the balance was moving while they were read.
        </p>
      ) : null}
      {usage.isCut ? <p>There is more than 10,000 rows: choose fewer days to see all of it.</p> : null}
      <Button
        disabled={usage.usage.length === 0}
        onClick={() => download(`llama-spend-${range.from}-${range.to}.csv`, csvOf(usage.usage, nameOf))}
      >
        Download as CSV
      </Button>
    </>
  );
}

function findingOf(total: bigint, series: readonly BarSeries[], days: readonly string[]): string {
  const [dearest] = series;
  if (total === 0n || dearest === undefined) return "Nothing was spent on these days.";
  const sums = days.map((_, index) => series.reduce((sum, { values }) => sum + (values[index] ?? 0), 0));
  const top = sums.indexOf(Math.max(...sums));
  const most = `the most on ${formatDay(days[top] ?? "")}`;
  const first = series.length > 1 ? `, and on ${dearest.name} more than on anything else` : "";
  return `${formatAmount(total)} in ${days.length} days, ${most}${first}.`;
}

function balanceWords({ values }: BarSeries, days: readonly string[]): string {
  const last = `${inLlama(values.at(-1) ?? 0)} at the end of ${formatDay(days.at(-1) ?? "")}`;
  return `The balance was ${inLlama(values[0] ?? 0)} at the end of ${formatDay(days[0] ?? "")}, and is ${last}.`;
}

/** Labels of keys, by their ids; two keys with one label stay two. */
function useKeyNames(isNeeded: boolean): ReadonlyMap<string, string> {
  const { data } = useOwnAsked(["keys"], (flock, signal) => flock.keys.list({ signal }), {
    enabled: isNeeded,
  });
  const labels = data?.map(({ label }) => label) ?? [];
  return new Map(
    data?.map(({ id, label, prefix }) => {
      const isShared = labels.indexOf(label) !== labels.lastIndexOf(label);
      return [id, label === "" || isShared ? `${label} ${prefix ?? id}`.trim() : label];
    }),
  );
}

/** The balance at the end of each day; `null`: the last bookings do not reach back so far; `undefined`: not read. */
function useBalanceLine(days: readonly string[]): BarSeries | null | undefined {
  const { data } = useOwnAsked(["balance-line"], (_flock, signal) =>
    readStatement("wallet", { cursor: null, limit: BOOKINGS_MAX }, signal),
  );
  if (data === undefined) return undefined;
  const lines = statementLines(data.transfers, "wallet", data.owner, data.postedMicro);
  const values = balanceByDay(lines, days, data.nextCursor === null);
  return values === null
    ? null
    : { name: "balance", values: values.map((micro) => Number(micro) / 1_000_000) };
}

/** For marks and readings of the chart; exact figures are in the statement and in the CSV. */
function inLlama(value: number): string {
  return formatAmount(BigInt(Math.round(value * 1_000_000)));
}

function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
