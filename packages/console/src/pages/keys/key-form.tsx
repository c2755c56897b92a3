import type { NewKeyRequest, Scope } from "@flockollamas/sdk";
import { type FormEvent, useId, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { Button } from "../../ui/button.js";
import { DialogActions } from "../../ui/dialog.js";
import { Field, TextField } from "../../ui/field.js";
import { Fold } from "../../ui/fold.js";
import { EMPTY_DRAFT, type KeyDraft, type KeyDraftErrors, keyRequestOf } from "./key-draft.js";
import styles from "./keys.module.css";
import { SCOPE_WORDS } from "./rights-words.js";

/** A label, and behind a fold what the key may do and how far it goes. */
export function KeyForm({
  isBusy,
  onRequest,
  onCancel,
}: {
  readonly isBusy: boolean;
  readonly onRequest: (request: NewKeyRequest) => void;
  readonly onCancel: () => void;
}) {
  const [draft, setDraft] = useState(EMPTY_DRAFT);
  const [errors, setErrors] = useState<KeyDraftErrors>({});
  const form = useRef<HTMLFormElement>(null);
  const fill = (change: Partial<KeyDraft>) => {
    setDraft({ ...draft, ...change });
    setErrors({});
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const read = keyRequestOf(draft, Date.now());
    flushSync(() => setErrors("errors" in read ? read.errors : {}));
    if ("request" in read) onRequest(read.request);
    else focusFirstWrong(form.current);
  };
  return (
    <form ref={form} onSubmit={submit} className={styles["form"]} noValidate>
      <Field
        label="Label"
        value={draft.label}
        maxLength={120}
        autoComplete="off"
        onChange={(event) => fill({ label: event.target.value })}
        hint="Which program, on which machine: “phone”, “Zed on the laptop”."
        error={errors.label}
      />
      <Fold title="What it may do, and its limits">
        <Scopes draft={draft} error={errors.scopes} onChange={(scopes) => fill({ scopes })} />
        <Limits draft={draft} errors={errors} onFill={fill} />
      </Fold>
      <DialogActions>
        <Button onClick={onCancel}>Cancel</Button>
        <Button look="main" type="submit" disabled={isBusy}>
          Make the key
        </Button>
      </DialogActions>
    </form>
  );
}

/** Opens the fold that hides it, too. */
function focusFirstWrong(form: HTMLFormElement | null): void {
  const wrong = form?.querySelector<HTMLElement>("[aria-invalid=true]");
  const fold = wrong?.closest("details");
  if (fold) fold.open = true;
  wrong?.focus();
}

function Scopes({
  draft,
  error,
  onChange,
}: {
  readonly draft: KeyDraft;
  readonly error: string | undefined;
  readonly onChange: (scopes: readonly Scope[]) => void;
}) {
  const id = useId();
  return (
    <fieldset className={styles["scopes"]} aria-describedby={error === undefined ? undefined : id}>
      <legend>It may</legend>
      {SCOPE_WORDS.map(([scope, words]) => (
        <label key={scope}>
          <input
            type="checkbox"
            // CAST: the words are those of the scopes, by name.
            checked={draft.scopes.includes(scope as Scope)}
            aria-invalid={error === undefined ? undefined : true}
            onChange={({ target }) =>
              onChange(
                target.checked
                  ? [...draft.scopes, scope as Scope]
                  : draft.scopes.filter((each) => each !== scope),
              )
            }
          />
          {words}
        </label>
      ))}
      {error === undefined ? null : (
        <p id={id} className={styles["error"]}>
          {error}
        </p>
      )}
    </fieldset>
  );
}

const LIMITS = [
  { name: "budgetDay", label: "LLAMA a day (UTC)" },
  { name: "budgetMonth", label: "LLAMA a month (UTC)" },
  { name: "requestsPerMinute", label: "Requests a minute" },
  { name: "tokensPerMinute", label: "Tokens a minute" },
  { name: "streamsMax", label: "Requests at once" },
] as const;

function Limits({
  draft,
  errors,
  onFill,
}: {
  readonly draft: KeyDraft;
  readonly errors: KeyDraftErrors;
  readonly onFill: (change: Partial<KeyDraft>) => void;
}) {
  return (
    <>
      <TextField
        label="Only these models"
        rows={2}
        value={draft.models}
        spellCheck={false}
        onChange={(event) => onFill({ models: event.target.value })}
        hint="Names with commas between. Empty: all."
      />
      <div className={styles["limits"]}>
        {LIMITS.map(({ name, label }) => (
          <Field
            key={name}
            label={label}
            inputMode="decimal"
            autoComplete="off"
            placeholder="no limit"
            value={draft[name]}
            onChange={(event) => onFill({ [name]: event.target.value })}
            error={errors[name]}
          />
        ))}
        <Field
          label="Ends at the beginning of (UTC)"
          type="date"
          value={draft.expires}
          onChange={(event) => onFill({ expires: event.target.value })}
          error={errors.expires}
        />
      </div>
    </>
  );
}
