import { type ComponentProps, type ReactNode, useId } from "react";
import styles from "./field.module.css";

interface About {
  readonly label: string;
  /** What the field takes, below it. */
  readonly hint?: ReactNode;
  /** What is wrong with what stands there. It is read with the field. */
  readonly error?: string | undefined;
}

/** A labelled input; everything that an `<input>` takes goes to it. */
export function Field({ label, hint, error, ...input }: About & ComponentProps<"input">) {
  const { id, describedBy, isWrong } = useAbout({ hint, error });
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <input
        {...input}
        id={id}
        className={styles["control"]}
        aria-describedby={describedBy}
        aria-invalid={isWrong}
      />
    </Frame>
  );
}

export function TextField({ label, hint, error, ...area }: About & ComponentProps<"textarea">) {
  const { id, describedBy, isWrong } = useAbout({ hint, error });
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <textarea
        {...area}
        id={id}
        className={styles["control"]}
        aria-describedby={describedBy}
        aria-invalid={isWrong}
      />
    </Frame>
  );
}

/** The browser's own list, which a phone shows best. */
export function SelectField({ label, hint, error, children, ...select }: About & ComponentProps<"select">) {
  const { id, describedBy, isWrong } = useAbout({ hint, error });
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <select
        {...select}
        id={id}
        className={styles["control"]}
        aria-describedby={describedBy}
        aria-invalid={isWrong}
      >
        {children}
      </select>
    </Frame>
  );
}

function useAbout({ hint, error }: Pick<About, "hint" | "error">) {
  const id = useId();
  const described = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter((each) => each !== "");
  return { id, describedBy: described.join(" ") || undefined, isWrong: error ? true : undefined };
}

function Frame({
  id,
  label,
  hint,
  error,
  children,
}: About & { readonly id: string; readonly children: ReactNode }) {
  return (
    <div className={styles["field"]}>
      <label htmlFor={id} className={styles["label"]}>
        {label}
      </label>
      {children}
      {hint ? (
        <p id={`${id}-hint`} className={styles["hint"]}>
          {hint}
        </p>
      ) : null}
      {error ? (
        <p id={`${id}-error`} className={styles["error"]}>
          {error}
        </p>
      ) : null}
    </div>
  );
}
