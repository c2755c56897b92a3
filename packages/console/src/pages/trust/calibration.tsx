import type { CalibrationCell, Trust } from "@flockollamas/sdk";
import { useOpenAsked } from "../../data/asked.js";
import { formatCount } from "../../format/count.js";
import { hardwareName } from "../../format/hardware.js";
import { Badge } from "../../ui/badge.js";
import { Copyable } from "../../ui/copyable.js";
import { Empty } from "../../ui/states.js";
import { type Column, Table } from "../../ui/table.js";
import { Time } from "../../ui/time.js";
import styles from "./trust.module.css";

/** Fewer places say too little to decide by (docs/verification.md). */
const POSITIONS_MIN = 300;

interface ModelRow {
  readonly digest: string;
  readonly cells: ReadonlyMap<string, CalibrationCell>;
}

/** What honest workers of each kind miss: models against engines and hardware. */
export function Calibration({ cells }: { readonly cells: Trust["calibration"] }) {
  const models = useOpenAsked(["models"], (flock, signal) => flock.models.list({ signal }));
  const names = new Map(models.data?.models.map(({ digest, name }) => [digest, name]));
  if (cells.length === 0)
    return (
      <Empty title="Nothing is calibrated yet">
        <p>
          Jobs are checked and counted, and decide nothing, until it is known how often honest workers of a
          kind miss. Have two honest machines with the same model, engine and hardware check each other’s
          answers in at least {POSITIONS_MIN} places, and load what was measured:
        </p>
        <Copyable text="flock admin calibration load cells.json" what="the command" look="whole" />
      </Empty>
    );
  const kinds = [...new Map(cells.map((cell) => [kindOf(cell), cell])).values()];
  return (
    <>
      <p>{findingOf(cells)}</p>
      <Table
        caption="Places that honest workers missed, by model and by engine and hardware"
        columns={[modelColumn(names), ...kinds.map(kindColumn)]}
        rows={rowsOf(cells)}
        rowKey={({ digest }) => digest}
      />
      <p className={styles["note"]}>
        “At most” is the upper 99 % bound of the rate of misses. What was not measured, or in fewer than{" "}
        {POSITIONS_MIN} places, scores only: it decides nothing.
      </p>
    </>
  );
}

function kindOf({ engine, hardware, speculation }: CalibrationCell): string {
  return `${engine} ${hardware} ${speculation}`;
}

function rowsOf(cells: Trust["calibration"]): readonly ModelRow[] {
  return [...new Set(cells.map(({ modelDigest }) => modelDigest))].map((digest) => ({
    digest,
    cells: new Map(
      cells.filter(({ modelDigest }) => modelDigest === digest).map((cell) => [kindOf(cell), cell]),
    ),
  }));
}

function findingOf(cells: Trust["calibration"]): string {
  const inForce = cells.filter((cell) => cell.frozenUntil === null && cell.positions >= POSITIONS_MIN);
  const [places, misses] = [
    cells.reduce((sum, { positions }) => sum + positions, 0),
    cells.reduce((sum, { mismatches }) => sum + mismatches, 0),
  ];
  return `${inForce.length} of ${cells.length} measured kinds are in force. Honest workers missed ${formatCount(misses)} of ${formatCount(places)} places.`;
}

function modelColumn(names: ReadonlyMap<string, string>): Column<ModelRow> {
  return {
    id: "model",
    title: "Model",
    cell: ({ digest }) => (
      <span className={styles["anyName"]}>
        {names.get(digest) ?? <Copyable text={digest} what="the model’s digest" />}
      </span>
    ),
  };
}

function kindColumn(kind: CalibrationCell): Column<ModelRow> {
  const { engine, hardware, speculation } = kind;
  const drafts = speculation === "none" ? "" : `, drafting by ${speculation}`;
  return {
    id: kindOf(kind),
    title: `${engine} on ${hardwareName(hardware)}${drafts}`,
    cell: ({ cells }) => <Measured cell={cells.get(kindOf(kind))} />,
  };
}

function Measured({ cell }: { readonly cell: CalibrationCell | undefined }) {
  if (cell === undefined) return <span className={styles["note"]}>not measured: scores only</span>;
  const { mismatches, positions, mismatchPpm, frozenUntil } = cell;
  return (
    <>
      {formatCount(mismatches)} of {formatCount(positions)}, at most {(mismatchPpm / 10_000).toFixed(2)} %{" "}
      {frozenUntil === null ? null : (
        <Badge tone="info">
          frozen until <Time at={frozenUntil} />
        </Badge>
      )}
      {positions < POSITIONS_MIN ? <Badge>scores only</Badge> : null}
    </>
  );
}
