import { useOpen } from "../../data/queries.js";
import { microOf } from "../../format/amount.js";
import { counted } from "../../format/count.js";
import { Amount } from "../../ui/amount.js";
import { Columns } from "../../ui/layout.js";
import { Panel } from "../../ui/panel.js";
import { QueryPanel } from "../../ui/query-panel.js";
import { Table } from "../../ui/table.js";
import { Time } from "../../ui/time.js";
import styles from "./earn.module.css";
import type { Earnings } from "./earnings.js";

interface Epoch {
  readonly number: number;
  readonly state: string;
  readonly closes_at: string | null;
  readonly statement_lines: number | null;
}

const SHOWN = 8;

/** What vests when, and the statements in which the same figures stand for everybody to check. */
export function Epochs({ vesting }: Pick<Earnings, "vesting">) {
  return (
    <Columns>
      <Panel title="Vesting, by epoch">
        {vesting.length === 0 ? (
          <p className={styles["note"]}>
            Nothing vests now. What a job earns vests when its epoch is closed.
          </p>
        ) : (
          <Table
            caption="What vests when"
            columns={[
              { id: "epoch", title: "Epoch", cell: ({ epoch }) => epoch },
              { id: "at", title: "Vests", cell: ({ vests_at: at }) => <Time at={at} none="not known" /> },
              {
                id: "amount",
                title: "Amount",
                isNumber: true,
                cell: ({ amount_micro: amount }) => <Amount micro={microOf(amount)} />,
              },
            ]}
            rows={vesting}
            rowKey={({ epoch }) => String(epoch)}
          />
        )}
      </Panel>
      <Statements />
    </Columns>
  );
}

function Statements() {
  const query = useOpen<{ readonly epochs: readonly Epoch[] }>("/flock/v1/epochs");
  return (
    <QueryPanel title="Statements of closed epochs" what="the epochs" query={query}>
      {({ epochs }) => {
        const closed = epochs.filter(({ statement_lines: lines }) => lines !== null).slice(0, SHOWN);
        if (closed.length === 0) return <p className={styles["note"]}>No epoch is closed yet.</p>;
        return (
          <>
            <ul className={styles["list"]} aria-label="Statements">
              {closed.map(({ number, closes_at: at, statement_lines: lines }) => (
                <li key={number}>
                  <a href={`/flock/v1/epochs/${number}/statement`} target="_blank" rel="noreferrer">
                    Epoch {number}: {counted(lines ?? 0, "line")}
                  </a>{" "}
                  <span className={styles["note"]}>
                    closed <Time at={at} none="at a time not known" />
                  </span>
                </li>
              ))}
            </ul>
            <p className={styles["note"]}>
              Each has a line for every worker that earned in it. <code>flock verify epoch</code> proves yours
              against the root on chain.
            </p>
          </>
        );
      }}
    </QueryPanel>
  );
}
