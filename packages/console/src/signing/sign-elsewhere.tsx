import { type FormEvent, useState } from "react";
import { Button } from "../ui/button.js";
import { Copyable } from "../ui/copyable.js";
import { DialogActions } from "../ui/dialog.js";
import { TextField } from "../ui/field.js";
import styles from "./signing.module.css";

/** 64 bytes in base58 or base64. */
const SIGNATURE = /^(?:[1-9A-HJ-NP-Za-km-z]{64,88}|[A-Za-z0-9+/]{86}==)$/;

/** The text out, the signature in: for a wallet that this browser does not have, such as one on another machine. */
export function SignElsewhere({
  text,
  action,
  isBusy = false,
  onSignature,
}: {
  readonly text: string;
  /** What the button does: `Sign in`. */
  readonly action: string;
  readonly isBusy?: boolean;
  readonly onSignature: (signature: string) => void;
}) {
  const [signature, setSignature] = useState("");
  const [error, setError] = useState<string>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const given = signature.trim();
    if (SIGNATURE.test(given)) onSignature(given);
    else setError("This is no signature: it is 64 bytes, as 88 letters of base58 or of base64.");
  };
  return (
    <form onSubmit={submit} className={styles["stack"]} noValidate>
      <p className={styles["note"]}>
        Sign exactly this text, without a line break at its end, where your wallet is:
      </p>
      <ExactText text={text} />
      <TextField
        label="Signature"
        rows={2}
        autoComplete="off"
        spellCheck={false}
        value={signature}
        onChange={(event) => {
          setSignature(event.target.value);
          setError(undefined);
        }}
        hint="In base58 or base64, as the wallet gives it."
        error={error}
      />
      <DialogActions>
        <Button look="main" type="submit" disabled={isBusy || signature.trim() === ""}>
          {action}
        </Button>
      </DialogActions>
    </form>
  );
}

/** A text as the wallet shows it, line by line, to compare and to take away. */
export function ExactText({ text }: { readonly text: string }) {
  return (
    <div className={styles["exact"]}>
      <Copyable text={text} what="the text to sign" look="block" />
    </div>
  );
}
