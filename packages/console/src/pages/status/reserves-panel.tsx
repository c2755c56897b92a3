import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { SeriesPatterns, Swatch } from "../../charts/series.js";
import { useOpen } from "../../data/queries.js";
import { formatAmount, microOf } from "../../format/amount.js";
import { formatCount } from "../../format/count.js";
import { Amount } from "../../ui/amount.js";
import { Badge, Banner } from "../../ui/badge.js";
import { Copyable } from "../../ui/copyable.js";
import { Fold } from "../../ui/fold.js";
import { Row } from "../../ui/layout.js";
import { Panel } from "../../ui/panel.js";
import { QueryPanel } from "../../ui/query-panel.js";
import { Table } from "../../ui/table.js";
import { checkReserves, type Part, type ReservesAnswer, type Sides, sidesOf, total } from "./reserves.js";
import styles from "./status.module.css";

interface Network {
  readonly chain: string | null;
  readonly treasury_address: string | null;
}

/** What the treasury holds against what is owed. */
export function ReservesPanel() {
  const network = useOpen<Network>("/flock/v1/network");
  const { chain = null, treasury_address: treasury = null } = network.data ?? {};
  const query = useOpen<ReservesAnswer>("/flock/v1/reserves", { every: 30_000, enabled: chain !== null });
  if (network.data !== undefined && chain === null)
    return (
      <Panel title="Reserves">
        <p className={styles["note"]}>
          This network has no chain: its LLAMA is in its ledger alone, so there is nothing to hold against it.
        </p>
      </Panel>
    );
  if (network.data === undefined)
    return (
      <QueryPanel title="Reserves" what="the network" query={network}>
        {() => null}
      </QueryPanel>
    );
  return (
    <QueryPanel title="Reserves" what="the reserves" query={query} lines={5}>
      {(answer) => <ReservesBody answer={answer} treasury={treasury} isOld={query.error !== null} />}
    </QueryPanel>
  );
}

function ReservesBody({
  answer,
  treasury,
  isOld,
}: {
  readonly answer: ReservesAnswer;
  readonly treasury: string | null;
  /** A newer answer did not come. */
  readonly isOld: boolean;
}) {
  const sides = sidesOf(answer);
  if (sides === null) return <p>The api told an amount that is none. Nothing of it is drawn.</p>;
  return (
    <>
      <p>{findingOf(sides)}</p>
      <Bars sides={sides} />
      <Signature answer={answer} treasury={treasury} isOld={isOld} />
      <Fold title="Details">
        <Table
          caption="What the ledger owes, by kind of account; what is owed by the outside is negative"
          isCaptionSeen
          columns={[
            { id: "kind", title: "Kind", cell: ({ kind }) => kind },
            {
              id: "sum",
              title: "Sum",
              isNumber: true,
              cell: (row) => <Amount micro={microOf(row.sum_micro)} />,
            },
          ]}
          rows={answer.liabilities}
          rowKey={({ kind }) => kind}
        />
        <p className={styles["note"]}>
          The ledger up to position {answer.ledger_position}. The same in a terminal:{" "}
          <code>flock verify reserves</code>
        </p>
        <Copyable text={answer.ledger_hash} what="the hash of the ledger" look="whole" />
        <Copyable text={answer.statement} what="the signed statement" look="block" />
      </Fold>
    </>
  );
}

function findingOf({ held, owed, difference }: Sides): string {
  const sums = `${formatAmount(total(held))} is held, ${formatAmount(total(owed))} is owed.`;
  if (difference === 0n) return `${sums} The difference is 0: every LLAMA of the ledger is there.`;
  return difference > 0n
    ? `${sums} ${formatAmount(difference)} more is held than owed.`
    : `${sums} ${formatAmount(-difference)} is missing.`;
}

function Bars({ sides: { held, owed, difference } }: { readonly sides: Sides }) {
  const scale = difference > 0n ? total(held) : total(owed);
  return (
    <ul className={styles["bars"]} aria-label="Held and owed, on one scale">
      <Bar name="Held" parts={held} scale={scale} />
      <Bar name="Owed" parts={owed} scale={scale} />
      <li>
        <div className={styles["barHead"]}>
          <span>Held less owed</span>
          <strong>
            <Amount micro={difference} />
          </strong>
        </div>
      </li>
    </ul>
  );
}

function Bar({
  name,
  parts,
  scale,
}: {
  readonly name: string;
  readonly parts: readonly Part[];
  readonly scale: bigint;
}) {
  const id = useId();
  const share = (micro: bigint) => (scale <= 0n ? 0 : Number((micro * 1_000_000n) / scale) / 1_000);
  const starts = parts.map((_, index) => share(total(parts.slice(0, index))));
  return (
    <li>
      <div className={styles["barHead"]}>
        <span>{name}</span>
        <Amount micro={total(parts)} />
      </div>
      <svg className={styles["bar"]} viewBox="0 0 1000 20" preserveAspectRatio="none" aria-hidden="true">
        <SeriesPatterns id={id} count={parts.length} />
        {parts.map((part, index) =>
          part.micro <= 0n ? null : (
            <rect
              key={part.name}
              x={starts[index]}
              width={Math.max(2, share(part.micro) - 1)}
              height="20"
              fill={`url(#${id}-${index})`}
            />
          ),
        )}
      </svg>
      <ul className={styles["parts"]} aria-label={`${name}, by part`}>
        {parts.map((part, index) =>
          part.micro === 0n ? null : (
            <li key={part.name}>
              <Swatch id={id} index={index} />
              {part.name} <Amount micro={part.micro} />
            </li>
          ),
        )}
      </ul>
    </li>
  );
}

function Signature({
  answer,
  treasury,
  isOld,
}: {
  readonly answer: ReservesAnswer;
  readonly treasury: string | null;
  /** A newer answer did not come. */
  readonly isOld: boolean;
}) {
  const { data } = useQuery({
    queryKey: ["checked reserves", answer, treasury],
    queryFn: () => checkReserves(answer, treasury ?? ""),
    networkMode: "always",
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (data === undefined)
    return <p className={styles["note"]}>The signature is being checked in this browser …</p>;
  if (data.verdict === "refuted")
    return (
      <Banner tone="bad">
        <strong>The signature does not hold.</strong> Checked in this browser: {data.why}.
      </Banner>
    );
  return (
    <div className={styles["note"]}>
      <Row>
        {data.verdict === "verified" ? (
          <Badge tone={isOld ? "plain" : "ok"}>signature checked in this browser</Badge>
        ) : (
          <Badge tone="warn">not checked here</Badge>
        )}
        <span>
          Signed by <Copyable text={answer.signer} what="the signer’s address" />
        </span>
        <span>
          {data.verdict === "verified"
            ? `which is the treasury that this network names, at slot ${formatCount(answer.slot)}.`
            : `${data.why}: over plain http a browser checks no signature. flock verify reserves does.`}
        </span>
      </Row>
    </div>
  );
}
