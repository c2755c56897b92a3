import type { Withdrawal } from "@flockollamas/sdk";
import { useOwnAsked } from "../../data/asked.js";
import { Amount } from "../../ui/amount.js";
import { Copyable } from "../../ui/copyable.js";
import { Empty, Failed, Loading } from "../../ui/states.js";
import { type Column, Table } from "../../ui/table.js";
import { Time } from "../../ui/time.js";
import { WithdrawalState } from "./withdrawal-course.js";

const SHOWN = 100;

const COLUMNS: readonly Column<Withdrawal>[] = [
  { id: "made", title: "Requested", cell: ({ createdAt }) => <Time at={createdAt} none="just now" /> },
  {
    id: "amount",
    title: "Amount",
    isNumber: true,
    cell: ({ amountMicro }) => <Amount micro={amountMicro} />,
  },
  {
    id: "to",
    title: "To",
    cell: ({ recipient }) => <Copyable text={recipient} what="the recipient" />,
  },
  { id: "state", title: "State", cell: (withdrawal) => <WithdrawalState withdrawal={withdrawal} /> },
  {
    id: "signature",
    title: "Signature",
    cell: ({ signature }) =>
      signature === null ? "none yet" : <Copyable text={signature} what="the signature of the transfer" />,
  },
];

export function Withdrawals() {
  const { data, error, refetch } = useOwnAsked(
    ["withdrawals", SHOWN],
    async (flock, signal) => (await flock.withdrawals.list({}).page({ limit: SHOWN }, { signal })).rows,
    { every: 5_000 },
  );
  if (data === undefined)
    return error === null ? (
      <Loading what="your withdrawals" />
    ) : (
      <Failed what="Withdrawals cannot be read" error={error} onRetry={() => void refetch()} />
    );
  return data.length === 0 ? (
    <Empty title="No withdrawal yet">
      <p>“Withdraw” above sends LLAMA to a wallet, after your own wallet has signed for it.</p>
    </Empty>
  ) : (
    <Table
      caption={`Withdrawals, the newest ${SHOWN} at most`}
      columns={COLUMNS}
      rows={data}
      rowKey={({ id }) => id}
    />
  );
}
