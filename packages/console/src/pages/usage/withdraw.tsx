import { newRequestId } from "@flockollamas/sdk";
import { type FormEvent, useState } from "react";
import { ask } from "../../data/client.js";
import { formatAmount } from "../../format/amount.js";
import { type SignatureRequest, SignatureSheet } from "../../signing/signature-sheet.js";
import { Button } from "../../ui/button.js";
import { Copyable } from "../../ui/copyable.js";
import { Dialog, DialogActions } from "../../ui/dialog.js";
import { Field } from "../../ui/field.js";
import { AmountField, readAmount } from "./amount-field.js";
import type { MoveProps } from "./stake.js";
import styles from "./usage.module.css";
import { WithdrawalCourse } from "./withdrawal-course.js";

const ADDRESS = /^[1-9A-HJ-NP-Za-km-z]{32,44}$/;

interface Draft {
  readonly amount: string;
  readonly to: string;
  /** The last four of another address, typed once more. */
  readonly last: string;
}

type Errors = Partial<Record<keyof Draft, string>>;

/** The amount and the address, then the text to sign. */
export function Withdraw({ account, rules, onClose }: MoveProps) {
  const [draft, setDraft] = useState<Draft>({ amount: "", to: account.account, last: "" });
  const [errors, setErrors] = useState<Errors>({});
  const [request, setRequest] = useState<SignatureRequest | null>(null);
  const bounds = { minMicro: rules.withdrawalMinMicro ?? 1n, maxMicro: account.wallet.availableMicro };
  const fill = (change: Partial<Draft>) => {
    setDraft({ ...draft, ...change });
    setErrors({});
  };
  const to = draft.to.trim();
  const isElsewhere = to !== account.account;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const amount = readAmount(draft.amount, bounds);
    const found: Errors = {
      ...("error" in amount ? { amount: amount.error } : {}),
      ...(ADDRESS.test(to) ? {} : { to: "This is no Solana address." }),
      ...(isElsewhere && draft.last.trim() !== to.slice(-4)
        ? { last: "These are not the last four of that address: look at it once more." }
        : {}),
    };
    setErrors(found);
    if ("micro" in amount && Object.keys(found).length === 0)
      setRequest(withdrawalRequest(account.account, amount.micro, to));
  };
  return (
    <>
      <Dialog title="Withdraw" isOpen={request === null} onClose={onClose}>
        <form onSubmit={submit} className={styles["stack"]} noValidate>
          <AmountField
            label="Amount in LLAMA"
            value={draft.amount}
            maxMicro={bounds.maxMicro}
            hint={`At least ${formatAmount(bounds.minMicro)}.`}
            error={errors.amount}
            onChange={(amount) => fill({ amount })}
          />
          <Field
            label="To the wallet"
            value={draft.to}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => fill({ to: event.target.value })}
            hint={isElsewhere ? "Another wallet than yours." : "Your own wallet."}
            error={errors.to}
          />
          {isElsewhere ? (
            <Field
              label="The last four characters of that address"
              value={draft.last}
              maxLength={4}
              spellCheck={false}
              autoComplete="off"
              onChange={(event) => fill({ last: event.target.value })}
              hint="Read them where you have the address from: what is paid to a wrong one is lost."
              error={errors.last}
            />
          ) : null}
          <DialogActions>
            <Button onClick={onClose}>Cancel</Button>
            <Button look="main" type="submit">
              Show the text to sign
            </Button>
          </DialogActions>
        </form>
      </Dialog>
      <SignatureSheet request={request} onClose={onClose} />
    </>
  );
}

function withdrawalRequest(account: string, amountMicro: bigint, to: string): SignatureRequest {
  const id = newRequestId();
  return {
    id,
    purpose: "withdrawal",
    title: `Withdraw ${formatAmount(amountMicro)}`,
    account,
    facts: [
      { name: "Amount", value: formatAmount(amountMicro) },
      {
        name: "To",
        value: <Copyable text={to} what="the recipient" look={to === account ? "short" : "whole"} />,
      },
    ],
    makeText: (expiresAt) =>
      ask((flock) => flock.texts.withdrawal({ account, amountMicro, to, id, expiresAt })),
    afterwards: <WithdrawalCourse id={id} />,
  };
}
