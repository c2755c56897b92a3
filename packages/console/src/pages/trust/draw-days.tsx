import type { Trust } from "@flockollamas/sdk";
import { formatDay } from "../../format/time.js";
import { Copyable } from "../../ui/copyable.js";
import { Empty } from "../../ui/states.js";
import { type Column, Table } from "../../ui/table.js";
import styles from "./trust.module.css";

type Day = Trust["drawDays"][number];

/** The keys that jobs were drawn with: told beforehand by their hash, and afterwards themselves. */
export function DrawDays({ days }: { readonly days: Trust["drawDays"] }) {
  return days.length === 0 ? (
    <Empty title="No day of draws yet">
      <p>
        The hash of a day’s key stands here from the day’s beginning, and the key when its checks are over.
      </p>
    </Empty>
  ) : (
    <>
      <p className={styles["note"]}>
        Which jobs are checked follows from the key of the day and the job’s id. Its hash is told when the day
        begins, so nobody can choose a key to spare or to catch a worker.
      </p>
      <Table
        caption="Days of draws, the newest first"
        columns={COLUMNS}
        rows={days}
        rowKey={({ day }) => day}
      />
    </>
  );
}

const COLUMNS: readonly Column<Day>[] = [
  { id: "day", title: "Day (UTC)", cell: ({ day }) => formatDay(day) },
  {
    id: "hash",
    title: "SHA-256 of its key",
    cell: ({ keySha256 }) => <Copyable text={keySha256} what="the hash of the key" />,
  },
  {
    id: "key",
    title: "Key",
    cell: ({ key }) =>
      key === null ? "told when its checks are over" : <Copyable text={key} what="the key" />,
  },
];
