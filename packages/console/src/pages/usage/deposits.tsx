import type { Deposit } from "@flockollamas/sdk";
import { useEffect, useState } from "react";
import { refreshOwn, useOwnAsked } from "../../data/asked.js";
import { ask } from "../../data/client.js";
import { useSession } from "../../data/session.js";
import { formatAmount } from "../../format/amount.js";
import { type SignatureRequest, SignatureSheet } from "../../signing/signature-sheet.js";
import { Amount } from "../../ui/amount.js";
import { Badge } from "../../ui/badge.js";
import { Button } from "../../ui/button.js";
import { Copyable } from "../../ui/copyable.js";
import { Empty, Failed, Loading } from "../../ui/states.js";
import { type Column, Table } from "../../ui/table.js";
import { Time } from "../../ui/time.js";
import { Steps } from "./steps.js";
import styles from "./usage.module.css";

const LATEST = 5;
const SHOWN = 100;

function useDeposits(isSuspended: boolean, limit: number) {
  return useOwnAsked(
    ["deposits", String(isSuspended), limit],
    async (flock, signal) =>
      (await flock.deposits.list({ suspended: isSuspended ? true : undefined }).page({ limit }, { signal }))
        .rows,
    { every: 3_000 },
  );
}

/** The newest few, live, beside the code that somebody has just paid by. */
export function LatestDeposits() {
  const { data, error } = useDeposits(false, LATEST);
  const newest = data?.find(({ state }) => state === "credited")?.signature;
  // What is credited is in the balance at once.
  useEffect(() => {
    if (newest !== undefined) void refreshOwn();
  }, [newest]);
  if (data === undefined)
    return error === null ? (
      <Loading what="your deposits" />
    ) : (
      <Failed what="Deposits cannot be read" error={error} />
    );
  if (data.length === 0)
    return (
      <p className={styles["note"]}>Nothing yet. A transfer shows here some seconds after it was sent.</p>
    );
  return (
    <ul className={styles["list"]} aria-live="polite">
      {data.map((deposit) => (
        <li key={deposit.signature} className={styles["stack"]}>
          <span>
            <Amount micro={deposit.amountMicro} />,{" "}
            <Time at={deposit.seenAt} none="at a time that is not known" />
          </span>
          <DepositState deposit={deposit} />
        </li>
      ))}
    </ul>
  );
}

const REASONS: Readonly<Record<string, string>> = {
  unattributed: "it named no account",
  ambiguous: "it named two accounts",
  below_minimum: "it is below the minimum",
  unknown_account: "it named an account that is none",
};

function DepositState({ deposit: { state, reason } }: { readonly deposit: Deposit }) {
  switch (state) {
    case "seen":
      return <Steps label="The way of the deposit" steps={["seen", "final", "credited"]} at={1} />;
    case "credited":
      return <Steps label="The way of the deposit" steps={["seen", "final", "credited"]} at={2} />;
    case "claimed":
      return <Badge tone="ok">claimed and credited</Badge>;
    case "suspended":
      return <Badge tone="warn">{`waits for its sender: ${REASONS[reason] ?? reason}`}</Badge>;
    case "unknown":
      return <Badge>in a state that this page does not know</Badge>;
  }
}

const COLUMNS: readonly Column<Deposit>[] = [
  { id: "seen", title: "Seen", cell: ({ seenAt }) => <Time at={seenAt} none="not known" /> },
  {
    id: "amount",
    title: "Amount",
    isNumber: true,
    cell: ({ amountMicro }) => <Amount micro={amountMicro} />,
  },
  { id: "state", title: "State", cell: (deposit) => <DepositState deposit={deposit} /> },
  {
    id: "signature",
    title: "Signature",
    cell: ({ signature }) => <Copyable text={signature} what="the signature of the transfer" />,
  },
];

/** Those that came to the account, and those that wait for a claim by the wallet that sent them. */
export function Deposits() {
  const credited = useDeposits(false, SHOWN);
  const suspended = useDeposits(true, SHOWN);
  const session = useSession();
  const [request, setRequest] = useState<SignatureRequest | null>(null);
  const account = session?.kind === "wallet" ? session.account : null;
  const waiting = suspended.data?.filter(({ state }) => state === "suspended") ?? [];
  return (
    <div className={styles["stack"]}>
      {waiting.length === 0 ? null : (
        <>
          <h3>Unclaimed</h3>
          <p className={styles["note"]}>
            Your wallet sent this, and it was credited to nobody. Claim it into your account.
          </p>
          <Table
            caption="Unclaimed deposits"
            columns={unclaimedColumns(account, setRequest)}
            rows={waiting}
            rowKey={({ signature }) => signature}
          />
        </>
      )}
      {suspended.error === null ? null : (
        <Failed what="Unclaimed deposits cannot be read" error={suspended.error} />
      )}
      <Credited query={credited} />
      <SignatureSheet request={request} onClose={() => setRequest(null)} />
    </div>
  );
}

function Credited({ query: { data, error } }: { readonly query: ReturnType<typeof useDeposits> }) {
  if (data === undefined)
    return error === null ? (
      <Loading what="your deposits" />
    ) : (
      <Failed what="Deposits cannot be read" error={error} />
    );
  return data.length === 0 ? (
    <Empty title="No deposit yet">
      <p>“Deposit” above shows the memo and the address to send LLAMA to.</p>
    </Empty>
  ) : (
    <Table
      caption={`Deposits, the newest ${SHOWN} at most`}
      columns={COLUMNS}
      rows={data}
      rowKey={({ signature }) => signature}
    />
  );
}

function unclaimedColumns(
  account: string | null,
  onClaim: (request: SignatureRequest) => void,
): readonly Column<Deposit>[] {
  const claim: Column<Deposit> = {
    id: "claim",
    title: "Claim",
    cell: (deposit) =>
      account === null ? (
        "sign in with the wallet"
      ) : (
        <Button
          aria-label={`Claim ${formatAmount(deposit.amountMicro)}`}
          onClick={() => onClaim(claimRequest(account, deposit))}
        >
          Claim
        </Button>
      ),
  };
  return [...COLUMNS, claim];
}

function claimRequest(account: string, { signature, amountMicro }: Deposit): SignatureRequest {
  return {
    id: signature,
    purpose: "claim",
    title: `Claim ${formatAmount(amountMicro)}`,
    account,
    facts: [
      { name: "Amount", value: formatAmount(amountMicro) },
      { name: "To", value: "your account" },
      { name: "Deposit", value: <Copyable text={signature} what="the signature of the deposit" /> },
    ],
    makeText: (expiresAt) =>
      ask((flock) => flock.texts.claim({ account, deposit: signature, to: account, expiresAt })),
    afterwards: <p>It is claimed, and in your balance within seconds.</p>,
  };
}
