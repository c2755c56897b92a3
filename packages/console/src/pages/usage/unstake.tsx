import { newRequestId } from "@flockollamas/sdk";
import { type FormEvent, useState } from "react";
import { ask } from "../../data/client.js";
import { useNow } from "../../data/clock.js";
import { formatAmount } from "../../format/amount.js";
import { formatUtc } from "../../format/time.js";
import { type SignatureRequest, SignatureSheet } from "../../signing/signature-sheet.js";
import { Button } from "../../ui/button.js";
import { Dialog, DialogActions } from "../../ui/dialog.js";
import { AmountField, readAmount } from "./amount-field.js";
import { type MoveProps, tierWords } from "./stake.js";
import styles from "./usage.module.css";

/** The date at which the cooldown would end stands there before anything is signed. */
export function Unstake({ account, rules, onClose }: MoveProps) {
  const now = useNow();
  const [typed, setTyped] = useState("");
  const [fault, setFault] = useState<string>();
  const [request, setRequest] = useState<SignatureRequest | null>(null);
  const endsAt = rules.cooldownMs === null ? null : now + rules.cooldownMs;
  const ends = endsAt === null ? "after the network’s cooldown" : `about ${formatUtc(endsAt)}`;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const amount = readAmount(typed, { maxMicro: account.stakeMicro });
    if ("error" in amount) setFault(amount.error);
    else setRequest(unstakeRequest(account.account, amount.micro, ends));
  };
  return (
    <>
      <Dialog title="Unstake" isOpen={request === null} onClose={onClose}>
        <form onSubmit={submit} className={styles["stack"]} noValidate>
          <p>{tierWords(account)} With less at stake your tier may fall at once.</p>
          <AmountField
            label="Amount in LLAMA"
            value={typed}
            maxMicro={account.stakeMicro}
            error={fault}
            onChange={(next) => {
              setTyped(next);
              setFault(undefined);
            }}
          />
          <p>
            It cools first, and is back in your balance <b>{ends}</b>. Until then it can still be slashed.
          </p>
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

function unstakeRequest(account: string, amountMicro: bigint, ends: string): SignatureRequest {
  const id = newRequestId();
  return {
    id,
    purpose: "unstake",
    title: `Unstake ${formatAmount(amountMicro)}`,
    account,
    facts: [
      { name: "Amount", value: formatAmount(amountMicro) },
      { name: "To", value: "your balance" },
      { name: "Cooldown ends", value: ends },
    ],
    makeText: (expiresAt) => ask((flock) => flock.texts.unstake({ account, amountMicro, id, expiresAt })),
    afterwards: <p>It is cooling. It comes back by itself, {ends}; the date stands under “What you have”.</p>,
  };
}
