import type { Account } from "@flockollamas/sdk";
import { useState } from "react";
import { PartsBar } from "../../charts/bands.js";
import { useSession } from "../../data/session.js";
import { formatAmount } from "../../format/amount.js";
import { Amount } from "../../ui/amount.js";
import { Button } from "../../ui/button.js";
import { Fold } from "../../ui/fold.js";
import { Row } from "../../ui/layout.js";
import { QueryPanel } from "../../ui/query-panel.js";
import { Time } from "../../ui/time.js";
import { useAccount, useRules } from "./account-data.js";
import { Collect } from "./collect.js";
import { DepositSheet } from "./deposit-sheet.js";
import { Stake } from "./stake.js";
import { Unstake } from "./unstake.js";
import styles from "./usage.module.css";
import { Withdraw } from "./withdraw.js";

export function BalancePanel() {
  const account = useAccount();
  return (
    <QueryPanel title="What you have" what="your balance" query={account}>
      {(data) => (
        <div className={styles["stack"]}>
          <p className={styles["available"]}>
            <Amount micro={data.wallet.availableMicro} />
            <span>available to spend</span>
          </p>
          <Parts account={data} />
          <Actions account={data} isFresh={account.error === null} />
        </div>
      )}
    </QueryPanel>
  );
}

function Parts({ account }: { readonly account: Account }) {
  const { wallet, stakeMicro, cooling, vested, earningsMicro } = account;
  const parts = [
    { name: "available", micro: wallet.availableMicro },
    { name: "held for running requests", micro: wallet.postedMicro - wallet.availableMicro },
    { name: "staked", micro: stakeMicro },
    { name: "cooling", micro: cooling.totalMicro },
    { name: "vested", micro: vested.postedMicro },
  ];
  const sum = parts.reduce((total, { micro }) => total + micro, 0n);
  return (
    <>
      <p className={styles["note"]}>
        {sum === 0n ? (
          "You have no LLAMA yet. A deposit brings some, earnings of workers do, too."
        ) : (
          <>
            Together <b>{formatAmount(sum)}</b>:
          </>
        )}
      </p>
      <PartsBar
        label="Parts of what you have"
        parts={parts.map(({ name, micro }) => ({ name, value: Number(micro), text: formatAmount(micro) }))}
      />
      {cooling.releases.length === 0 ? null : (
        <Fold title={`When what is cooling comes back (${cooling.releases.length})`}>
          <ul className={styles["list"]}>
            {cooling.releases.map(({ id, amountMicro, releaseAt }) => (
              <li key={id}>
                <Amount micro={amountMicro} /> <Time at={releaseAt} none="at a time that is not known" />
              </li>
            ))}
          </ul>
        </Fold>
      )}
      {earningsMicro === 0n ? null : (
        <p className={styles["note"]}>
          Besides, <Amount micro={earningsMicro} /> is earned and not vested yet: it can still be taken back.
        </p>
      )}
    </>
  );
}

type Action = "deposit" | "withdraw" | "stake" | "unstake" | "collect";

function Actions({ account, isFresh }: { readonly account: Account; readonly isFresh: boolean }) {
  const rules = useRules();
  const session = useSession();
  const [action, setAction] = useState<Action | null>(null);
  const close = () => setAction(null);
  const isWallet = session?.kind === "wallet";
  const button = (which: Action, name: string, isPossible: boolean) => (
    <Button disabled={!isFresh || !isPossible} onClick={() => setAction(which)}>
      {name}
    </Button>
  );
  if (rules === null) return null;
  const dialog = { account, rules, onClose: close };
  return (
    <>
      <Row>
        {rules.hasChain ? (
          <Button look="main" disabled={!isFresh} onClick={() => setAction("deposit")}>
            Deposit
          </Button>
        ) : null}
        {isWallet && rules.hasChain
          ? button("withdraw", "Withdraw", account.wallet.availableMicro > 0n)
          : null}
        {isWallet ? button("stake", "Stake", account.wallet.availableMicro > 0n) : null}
        {isWallet && rules.hasChain ? button("unstake", "Unstake", account.stakeMicro > 0n) : null}
        {isWallet ? button("collect", "Collect vested", account.vested.availableMicro > 0n) : null}
      </Row>
      <WhyNot isFresh={isFresh} isWallet={isWallet} hasChain={rules.hasChain} />
      {rules.hasChain ? <DepositSheet isOpen={action === "deposit"} onClose={close} /> : null}
      {action === "withdraw" ? <Withdraw {...dialog} /> : null}
      {action === "stake" ? <Stake {...dialog} /> : null}
      {action === "unstake" ? <Unstake {...dialog} /> : null}
      {action === "collect" ? <Collect {...dialog} /> : null}
    </>
  );
}

function WhyNot({
  isFresh,
  isWallet,
  hasChain,
}: {
  readonly isFresh: boolean;
  readonly isWallet: boolean;
  readonly hasChain: boolean;
}) {
  const reasons = [
    isFresh ? null : "Nothing can be moved while the balance above is old.",
    isWallet
      ? null
      : "You are signed in with an API key, which moves no LLAMA: sign in with the wallet for that.",
    hasChain
      ? null
      : "This network has no chain: LLAMA cannot be deposited or withdrawn, and what is staked stays staked.",
  ].filter((reason) => reason !== null);
  return reasons.map((reason) => (
    <p key={reason} className={styles["note"]}>
      {reason}
    </p>
  ));
}
