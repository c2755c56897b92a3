import type { StatementAccount } from "@flockollamas/sdk";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { useFilter } from "../../data/filters.js";
import { useSession } from "../../data/session.js";
import { Amount } from "../../ui/amount.js";
import { Button } from "../../ui/button.js";
import { Copyable } from "../../ui/copyable.js";
import { SelectField } from "../../ui/field.js";
import { Empty, Failed, Loading } from "../../ui/states.js";
import { type Column, Table } from "../../ui/table.js";
import { Time } from "../../ui/time.js";
import { readStatement } from "./statement-data.js";
import { type StatementLine, statementLines } from "./statement-lines.js";
import styles from "./usage.module.css";

const LIMIT = 50;
const ACCOUNTS: readonly { readonly which: StatementAccount; readonly name: string }[] = [
  { which: "wallet", name: "Balance" },
  { which: "stake", name: "Stake" },
  { which: "cooling", name: "Cooling" },
  { which: "earnings", name: "Earnings, not vested" },
  { which: "vested", name: "Vested earnings" },
];

/** Every booking of one account of the ledger, with the balance after it. */
export function Statement() {
  const session = useSession();
  const [named, setWhich] = useFilter<StatementAccount>("account", "wallet");
  const which = ACCOUNTS.some((each) => each.which === named) ? named : "wallet";
  const query = useInfiniteQuery({
    queryKey: ["own", session?.account ?? session?.kind, "statement", which],
    queryFn: ({ pageParam, signal }) => readStatement(which, { cursor: pageParam, limit: LIMIT }, signal),
    // CAST: the first page has no cursor, the others have one.
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    enabled: session !== null,
  });
  const [first] = query.data?.pages ?? [];
  const lines = statementLines(
    query.data?.pages.flatMap(({ transfers }) => transfers) ?? [],
    which,
    first?.owner ?? "",
    first?.postedMicro ?? null,
  );
  return (
    <div className={styles["stack"]}>
      <div className={styles["filter"]}>
        <SelectField
          label="Of which account"
          value={which}
          // CAST: the options are the accounts.
          onChange={(event) => setWhich(event.target.value as StatementAccount)}
        >
          {ACCOUNTS.map(({ which: each, name }) => (
            <option key={each} value={each}>
              {name}
            </option>
          ))}
        </SelectField>
      </div>
      {query.error === null ? null : (
        <Failed
          what="The statement cannot be read"
          error={query.error}
          onRetry={() => void query.refetch()}
        />
      )}
      {query.data === undefined && query.error === null ? <Loading what="the statement" lines={6} /> : null}
      {query.data === undefined ? null : <Lines lines={lines} />}
      {query.hasNextPage ? (
        <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          Older bookings
        </Button>
      ) : null}
    </div>
  );
}

function Lines({ lines }: { readonly lines: readonly StatementLine[] }) {
  return lines.length === 0 ? (
    <Empty title="Nothing has been booked yet">
      <p>Deposits, answers, stakes and withdrawals stand here, each with the balance after it.</p>
    </Empty>
  ) : (
    <Table
      caption="Statement, newest first"
      columns={COLUMNS}
      rows={lines}
      rowKey={(line) => line.transfer.id}
    />
  );
}

const COLUMNS: readonly Column<StatementLine>[] = [
  {
    id: "what",
    title: "What",
    cell: ({ words, isBooked }) => (isBooked ? words : <span className={styles["pending"]}>{words}</span>),
  },
  { id: "when", title: "When", cell: ({ transfer }) => <Time at={transfer.createdAt} none="not known" /> },
  { id: "amount", title: "Amount", isNumber: true, cell: (line) => <Signed line={line} /> },
  {
    id: "balance",
    title: "Balance",
    isNumber: true,
    cell: ({ balanceMicro, isBooked }) => (isBooked ? <Amount micro={balanceMicro} /> : "not booked"),
  },
  { id: "about", title: "About", cell: (line) => <About line={line} /> },
];

function Signed({ line: { amountMicro } }: { readonly line: StatementLine }) {
  return (
    <>
      {amountMicro > 0n ? "+" : ""}
      <Amount micro={amountMicro} />
    </>
  );
}

function About({ line: { about, transfer } }: { readonly line: StatementLine }) {
  const { businessId } = transfer;
  switch (about) {
    case "job":
      return <Link to={`/usage?list=jobs&job=${encodeURIComponent(businessId)}`}>its job</Link>;
    case "withdrawal":
      return <Link to="/usage?list=withdrawals">its withdrawal</Link>;
    case "deposit":
      return <Copyable text={businessId} what="the signature of the deposit" />;
    case "other":
      return <Copyable text={businessId} what="the id" />;
  }
}
