import { useState } from "react";
import { Button } from "../../../ui/button.js";
import { Sheet } from "../../../ui/dialog.js";
import { Field, SelectField, TextField } from "../../../ui/field.js";
import type { AnswerOptions } from "../conversation/turns.js";
import styles from "./composer.module.css";
import { isFault, OPTION_FIELDS, type OptionField, optionText, withOption } from "./option-fields.js";

export interface OptionsProps {
  readonly options: AnswerOptions;
  readonly onChange: (options: AnswerOptions) => void;
  readonly canThink: boolean;
}

export function OptionsSheet({
  isOpen,
  onClose,
  options,
  onChange,
  canThink,
}: OptionsProps & { readonly isOpen: boolean; readonly onClose: () => void }) {
  return (
    <Sheet title="Options of the next answers" isOpen={isOpen} onClose={onClose}>
      <p className={styles["hint"]}>What you leave empty is the model’s own choice.</p>
      {canThink ? <ThinkField options={options} onChange={onChange} /> : null}
      {OPTION_FIELDS.map((field) => (
        <OptionInput key={field.name} field={field} options={options} onChange={onChange} />
      ))}
      <Button look="main" onClick={onClose}>
        Done
      </Button>
    </Sheet>
  );
}

/** Those that differ from the model's own, each with a way to take it back. */
export function OptionChips({ options, onChange, canThink }: OptionsProps) {
  const names = Object.keys(options) as (keyof AnswerOptions)[]; // CAST: nothing else is put there.
  const shown = names.filter((name) => name !== "think" || canThink);
  if (shown.length === 0) return null;
  return (
    <ul className={styles["chips"]} aria-label="Changed options">
      {shown.map((name) => (
        <li key={name}>
          <button
            type="button"
            className={styles["chip"]}
            aria-label={`Take back ${name}: ${optionText(options[name])}`}
            onClick={() => onChange(withOption(options, name, undefined))}
          >
            <span className={styles["chipText"]}>
              {name} {optionText(options[name])}
            </span>
            <span aria-hidden="true">×</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function ThinkField({ options, onChange }: Pick<OptionsProps, "options" | "onChange">) {
  const value = options.think === undefined ? "" : options.think ? "yes" : "no";
  return (
    <SelectField
      label="Thinking"
      hint="A model that thinks first answers better and later; what it thinks is charged, too."
      value={value}
      onChange={({ target }) =>
        onChange(withOption(options, "think", target.value === "" ? undefined : target.value === "yes"))
      }
    >
      <option value="">as the model does</option>
      <option value="yes">yes</option>
      <option value="no">no</option>
    </SelectField>
  );
}

function OptionInput({
  field: { name, label, hint, isLong, read },
  options,
  onChange,
}: Pick<OptionsProps, "options" | "onChange"> & { readonly field: OptionField }) {
  const [text, setText] = useState(() => optionText(options[name]));
  const value = text.trim() === "" ? undefined : read(text);
  const error = isFault(value) ? value.fault : undefined;
  const props = { label, hint, error, value: text };
  const change = (next: string) => {
    setText(next);
    const changed = next.trim() === "" ? undefined : read(next);
    if (!isFault(changed)) onChange(withOption(options, name, changed));
  };
  return isLong === true ? (
    <TextField {...props} rows={2} onChange={({ target }) => change(target.value)} />
  ) : (
    <Field {...props} inputMode="decimal" onChange={({ target }) => change(target.value)} />
  );
}
