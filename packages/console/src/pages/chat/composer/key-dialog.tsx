import { type FormEvent, useState } from "react";
import { makeKey, pasteKey } from "../../../data/chat-key.js";
import { useSession } from "../../../data/session.js";
import { formatAmount, parseAmount } from "../../../format/amount.js";
import { SignInButton } from "../../../shell/sign-in.js";
import { Button } from "../../../ui/button.js";
import { Dialog } from "../../../ui/dialog.js";
import { Field } from "../../../ui/field.js";
import { Fold } from "../../../ui/fold.js";
import styles from "./composer.module.css";

const BUDGET = "1";

/**
 * How this tab gets a key to chat with. A session cannot infer, so a member has one made, after seeing what it may do;
 * anybody may paste one.
 */
export function KeyDialog({
  isOpen,
  onClose,
  onReady,
}: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  /** There is a key now. */
  readonly onReady: () => void;
}) {
  const session = useSession();
  const ready = () => {
    onReady();
    onClose();
  };
  const isMember = session?.kind === "wallet";
  return (
    <Dialog
      title={isMember ? "Chat from your balance" : "A key to chat with"}
      isOpen={isOpen}
      onClose={onClose}
    >
      {isMember ? (
        <>
          <MakeKeyForm onReady={ready} />
          <Fold title="Use a key that you have">
            <PasteKeyForm onReady={ready} />
          </Fold>
        </>
      ) : (
        <>
          <PasteKeyForm onReady={ready} />
          <p className={styles["hint"]}>No key? Sign in: with a wallet the console makes one for you.</p>
          <SignInButton />
        </>
      )}
    </Dialog>
  );
}

function MakeKeyForm({ onReady }: { readonly onReady: () => void }) {
  const [budget, setBudget] = useState(BUDGET);
  const [error, setError] = useState<string>();
  const [isAsking, setIsAsking] = useState(false);
  const micro = parseAmount(budget);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (micro === null) return;
    setIsAsking(true);
    try {
      await makeKey(micro);
      onReady();
    } catch (cause) {
      setError(cause instanceof Error ? cause.message : "the key could not be made");
    } finally {
      setIsAsking(false);
    }
  };
  return (
    <form className={styles["form"]} onSubmit={(event) => void submit(event)}>
      <p>
        Models are asked with an API key. The console makes one for this tab, labelled “console”: it can only
        chat, stays in this tab, and is revoked when you sign out. You find it under Keys.
      </p>
      <Field
        label="It may spend in a day (LLAMA)"
        inputMode="decimal"
        required
        value={budget}
        onChange={({ target }) => setBudget(target.value)}
        hint={micro === null ? undefined : `At most ${formatAmount(micro)} a day, whatever happens.`}
        error={micro === null ? "An amount such as 0.5, with at most six digits behind the point." : error}
      />
      <Button look="main" type="submit" disabled={isAsking || micro === null || micro === 0n}>
        Make the key
      </Button>
    </form>
  );
}

/** It is not tried out: a key that may only chat may not read an account. The first answer shows whether it is good. */
function PasteKeyForm({ onReady }: { readonly onReady: () => void }) {
  const [key, setKey] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    pasteKey(key.trim());
    onReady();
  };
  return (
    <form className={styles["form"]} onSubmit={submit}>
      <Field
        label="API key"
        type="password"
        autoComplete="off"
        spellCheck={false}
        required
        value={key}
        onChange={({ target }) => setKey(target.value)}
        hint="It begins with flk_. It stays in this tab, and is forgotten when the tab closes."
      />
      <Button look="main" type="submit" disabled={!/^flk_[\w-]{8,200}$/.test(key.trim())}>
        Use this key
      </Button>
    </form>
  );
}
