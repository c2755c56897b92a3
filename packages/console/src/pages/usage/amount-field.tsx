import { formatAmount, parseAmount } from "../../format/amount.js";
import { Button } from "../../ui/button.js";
import { Field } from "../../ui/field.js";
import styles from "./usage.module.css";

/** An amount of LLAMA as it is typed, with a button for all of it. */
export function AmountField({
  label,
  value,
  maxMicro,
  hint,
  error,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly maxMicro: bigint;
  readonly hint?: string;
  readonly error: string | undefined;
  readonly onChange: (typed: string) => void;
}) {
  return (
    <div className={styles["amountField"]}>
      <Field
        label={label}
        inputMode="decimal"
        autoComplete="off"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        hint={hint}
        error={error}
      />
      <Button onClick={() => onChange(typedOf(maxMicro))}>All: {formatAmount(maxMicro)}</Button>
    </div>
  );
}

/** What is wrong with an amount as it was typed, or the amount. */
export function readAmount(
  typed: string,
  { minMicro = 1n, maxMicro }: { readonly minMicro?: bigint; readonly maxMicro: bigint },
): { readonly micro: bigint } | { readonly error: string } {
  const micro = parseAmount(typed);
  if (micro === null) return { error: "An amount of LLAMA, such as 2.5." };
  if (micro < minMicro) return { error: `At least ${formatAmount(minMicro)}.` };
  if (micro > maxMicro)
    return {
      error: `There is ${formatAmount(maxMicro)}; ${formatAmount(micro - maxMicro)} is missing.`,
    };
  return { micro };
}

/** In LLAMA, with nothing that `parseAmount` would not read again. */
function typedOf(micro: bigint): string {
  const fraction = (micro % 1_000_000n).toString().padStart(6, "0").replace(/0+$/, "");
  return `${micro / 1_000_000n}${fraction === "" ? "" : `.${fraction}`}`;
}
