import { Link } from "wouter";
import type { LiveCounts, LiveFrame } from "../../data/live-frame.js";
import { formatCount } from "../../format/count.js";
import { type Column, Table } from "../../ui/table.js";
import { pathOfModel } from "../models/model.js";

interface Row extends LiveCounts {
  readonly name: string | null;
  readonly tokensPerSecond: number;
  readonly jobsPerMinute: number;
}

const TOKENS_WINDOW_S = 10;
const JOBS_WINDOW_S = 60;

/** The same as the weave, in figures. */
export function ModelRows({
  frames,
  groupMin,
}: {
  readonly frames: readonly LiveFrame[];
  readonly groupMin: number | null;
}) {
  const rows = rowsOf(frames);
  if (rows.length === 0) return <p>No model is told of now.</p>;
  return (
    <>
      <Table
        caption="Slots and jobs by model"
        columns={COLUMNS}
        rows={rows}
        rowKey={({ name }) => name ?? ""}
      />
      {groupMin !== null && groupMin > 1 ? (
        <p>Models with fewer than {groupMin} workers are told of together.</p>
      ) : null}
    </>
  );
}

const COLUMNS: readonly Column<Row>[] = [
  {
    id: "name",
    title: "Model",
    cell: ({ name }) => (name === null ? "other models" : <Link to={pathOfModel(name)}>{name}</Link>),
  },
  { id: "workers", title: "Workers", isNumber: true, cell: ({ workers }) => formatCount(workers) },
  { id: "busy", title: "Busy", isNumber: true, cell: ({ busy }) => formatCount(busy) },
  {
    id: "free",
    title: "Free",
    isNumber: true,
    cell: ({ slots, busy, draining }) => formatCount(Math.max(0, slots - busy - draining)),
  },
  { id: "draining", title: "Draining", isNumber: true, cell: ({ draining }) => formatCount(draining) },
  { id: "waiting", title: "Waiting", isNumber: true, cell: ({ waiting }) => formatCount(waiting) },
  {
    id: "tokens",
    title: "Tokens/s",
    isNumber: true,
    cell: ({ tokensPerSecond }) => formatCount(tokensPerSecond),
  },
  { id: "jobs", title: "Jobs/min", isNumber: true, cell: ({ jobsPerMinute }) => formatCount(jobsPerMinute) },
];

/** Every model of the last frame, the most slots first. */
function rowsOf(frames: readonly LiveFrame[]): readonly Row[] {
  const last = frames.at(-1);
  if (last === undefined) return [];
  const within = (seconds: number) => frames.filter(({ seq }) => seq > last.seq - seconds);
  const sum = (seconds: number, of: (frame: LiveFrame) => number) =>
    within(seconds).reduce((total, frame) => total + of(frame), 0);
  const rowOf = (
    name: string | null,
    counts: LiveCounts,
    countsIn: (frame: LiveFrame) => LiveCounts | null | undefined,
  ): Row => ({
    ...counts,
    name,
    tokensPerSecond:
      sum(TOKENS_WINDOW_S, (frame) => countsIn(frame)?.tokens ?? 0) /
      Math.max(1, within(TOKENS_WINDOW_S).length),
    jobsPerMinute: sum(JOBS_WINDOW_S, (frame) => countsIn(frame)?.jobs ?? 0),
  });
  const named = [...last.models]
    .sort((a, b) => b.slots - a.slots)
    .map((model) => rowOf(model.name, model, ({ models }) => models.find(({ name }) => name === model.name)));
  return last.other === null ? named : [...named, rowOf(null, last.other, ({ other }) => other)];
}
