import type { DepositInstructions } from "@flockollamas/sdk";
import { useState } from "react";
import { formatAmount, parseAmount } from "../../format/amount.js";
import { Banner } from "../../ui/badge.js";
import { Copyable } from "../../ui/copyable.js";
import { Sheet } from "../../ui/dialog.js";
import { Field } from "../../ui/field.js";
import { Fold } from "../../ui/fold.js";
import { Failed, Loading } from "../../ui/states.js";
import { useDepositInstructions } from "./account-data.js";
import { LatestDeposits } from "./deposits.js";
import { Qr } from "./qr.js";
import { payUrl } from "./solana-pay.js";
import styles from "./usage.module.css";

/** How LLAMA comes in: the memo first, because without it nobody is credited. */
export function DepositSheet({
  isOpen,
  onClose,
}: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) {
  const { data, error, refetch } = useDepositInstructions(isOpen);
  return (
    <Sheet title="Deposit LLAMA" isOpen={isOpen} onClose={onClose}>
      {data === undefined && error === null ? <Loading what="where to send LLAMA" lines={6} /> : null}
      {data === undefined && error !== null ? (
        <Failed what="Where to send LLAMA could not be read" error={error} onRetry={() => void refetch()} />
      ) : null}
      {data === undefined ? null : <Instructions to={data} />}
    </Sheet>
  );
}

function Instructions({ to }: { readonly to: DepositInstructions }) {
  const [amount, setAmount] = useState("");
  const micro = parseAmount(amount);
  const isTooLittle = micro !== null && micro < to.depositMinMicro;
  const fault = amount !== "" && micro === null ? "An amount of LLAMA, such as 2.5." : undefined;
  const url = payUrl(to.url, micro === null ? "" : amount.trim().replaceAll(",", ""));
  return (
    <div className={styles["stack"]}>
      <Banner tone="warn">
        <b>Send this memo along. Without it nobody is credited.</b>
      </Banner>
      <Labelled name="Memo">
        <Copyable text={to.memo} what="the memo" look="block" />
      </Labelled>
      <Labelled name="To the address">
        <Copyable text={to.address} what="the address" look="block" />
      </Labelled>
      <p className={styles["note"]}>
        At least <b>{formatAmount(to.depositMinMicro)}</b>: less is not credited.
      </p>
      <Field
        label="Amount in LLAMA, for the code below"
        inputMode="decimal"
        autoComplete="off"
        value={amount}
        onChange={(event) => setAmount(event.target.value)}
        error={fault ?? (isTooLittle ? `At least ${formatAmount(to.depositMinMicro)}.` : undefined)}
      />
      {url === null || isTooLittle ? null : (
        <div className={styles["pay"]}>
          <Qr
            text={url}
            label={`Code to pay ${micro === null ? "LLAMA" : formatAmount(micro)} by Solana Pay, with the memo`}
          />
          <p className={styles["note"]}>Scan it with your wallet: the memo is in it.</p>
          <Copyable text={url} what="the Solana Pay link" look="block" />
        </div>
      )}
      <Fold>
        <Labelled name="Token account">
          <Copyable text={to.tokenAccount} what="the token account" look="block" />
        </Labelled>
        <Labelled name="Mint of LLAMA">
          <Copyable text={to.mint} what="the mint" look="block" />
        </Labelled>
        <Labelled name="Network (hash of its first block)">
          <Copyable text={to.network} what="the genesis hash" look="block" />
        </Labelled>
      </Fold>
      <h3>What has come in</h3>
      <LatestDeposits />
    </div>
  );
}

function Labelled({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div>
      <p className={styles["name"]}>{name}</p>
      {children}
    </div>
  );
}
