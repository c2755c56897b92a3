import { useQuery } from "@tanstack/react-query";
import { Lines } from "../../charts/lines.js";
import { Panel } from "../../ui/panel.js";
import { Failed, Loading } from "../../ui/states.js";
import { type Column, Table } from "../../ui/table.js";
import { type Detection, detections, JOBS_MAX, type Jobs } from "./detection.js";
import styles from "./trust.module.css";

const SHOWN_JOBS = 40;

/** How soon cheats are found, computed here by the code that decides in the network. */
export function DetectionPanel() {
  const { data, error } = useQuery({
    queryKey: ["detection"],
    queryFn: async () => detections(),
    networkMode: "always",
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <Panel title="How soon cheating is found">
      {error === null ? null : <Failed what="The curve could not be computed" error={error} />}
      {data === undefined && error === null ? <Loading what="the detection curve" lines={6} /> : null}
      {data === undefined ? null : <Curve found={data} />}
    </Panel>
  );
}

function Curve({ found }: { readonly found: readonly Detection[] }) {
  return (
    <>
      <Lines
        label="Share of cheats in quarantine, by their checked jobs"
        finding={findingOf(found)}
        labels={Array.from({ length: SHOWN_JOBS }, (_, index) => String(index + 1))}
        series={found.map(({ name, found: shares }) => ({ name, values: shares.slice(0, SHOWN_JOBS) }))}
        format={(share) => `${Math.round(share * 100)} %`}
        height={240}
      />
      <Table
        caption="Checked jobs until a cheat is found: half of them need at most so many, 19 of 20 in brackets"
        isCaptionSeen
        columns={COLUMNS}
        rows={found}
        rowKey={({ name }) => name}
      />
      <p className={styles["note"]}>
        This method was lived through here, {found[0]?.lives ?? 0} times each, by the code that decides in the
        network; these are no measurements of this network. By the method’s bound, an honest worker is ever in
        quarantine with a probability of at most 1 in 1,000. An 8-bit copy of a model cannot be told from it.
      </p>
    </>
  );
}

function findingOf(found: readonly Detection[]): string {
  const [first] = found;
  const last = found.at(-1);
  if (first === undefined || last === undefined) return "Nothing was computed.";
  const soon = `Half of the cheats with ${first.name} are in quarantine after ${wordsOf(first.toQuarantine.median)}`;
  return `${soon}; of those that miss ${last.name}, after ${wordsOf(last.toQuarantine.median)}.`;
}

function wordsOf(jobs: number | null): string {
  return jobs === null ? `more than ${JOBS_MAX} checked jobs` : `${jobs} checked jobs`;
}

function jobsText({ median, p95 }: Jobs): string {
  const more = `over ${JOBS_MAX}`;
  return median === null ? more : `${median} (${p95 ?? more})`;
}

const COLUMNS: readonly Column<Detection>[] = [
  { id: "name", title: "What the cheat serves", cell: ({ name }) => name },
  { id: "rate", title: "Misses", isNumber: true, cell: ({ missRate }) => `${Math.round(missRate * 100)} %` },
  {
    id: "quarantine",
    title: "To quarantine",
    isNumber: true,
    cell: ({ toQuarantine }) => jobsText(toQuarantine),
  },
  {
    id: "conviction",
    title: "To conviction",
    isNumber: true,
    cell: ({ toConviction }) => jobsText(toConviction),
  },
];
