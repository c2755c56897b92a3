import { type FormEvent, useState } from "react";
import { request } from "../data/client.js";
import { startSession } from "../data/session.js";
import { Button } from "../ui/button.js";
import { DialogActions } from "../ui/dialog.js";
import { Field } from "../ui/field.js";
import { toast } from "../ui/toasts.js";
import styles from "./signing.module.css";

/** By an API key, which the person holds anyway. It can look, and spend on answers; it moves no LLAMA. */
export function KeyForm({ onDone }: { readonly onDone: () => void }) {
  const [key, setKey] = useState("");
  const [error, setError] = useState<string>();
  const [isAsking, setIsAsking] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setIsAsking(true);
    try {
      await checkKey(key.trim());
      onDone();
      toast("Signed in with an API key. It can read, and moves no LLAMA.");
    } catch (cause) {
      setError(cause instanceof Error ? cause.message : "the key could not be checked");
    } finally {
      setIsAsking(false);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)} className={styles["stack"]}>
      <p className={styles["note"]}>
        Read-only: with a key you see the account. Staking, withdrawing and claiming need its wallet.
      </p>
      <Field
        label="API key"
        type="password"
        autoComplete="off"
        spellCheck={false}
        required
        value={key}
        onChange={(event) => setKey(event.target.value)}
        hint="It begins with flk_. It stays in this tab and is forgotten when the tab closes."
        error={error}
      />
      <DialogActions>
        <Button look="main" type="submit" disabled={isAsking || key.trim() === ""}>
          Sign in
        </Button>
      </DialogActions>
    </form>
  );
}

async function checkKey(token: string): Promise<void> {
  await request("/flock/v1/account", { token });
  startSession({ kind: "key", token, account: null, expiresAt: null });
}
