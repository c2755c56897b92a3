import type { ReactNode } from "react";
import styles from "./layout.module.css";

/** Beside each other, such as buttons and fields of a filter, and on the next line where there is no room. */
export function Row({ children }: { readonly children: ReactNode }) {
  return <div className={styles["row"]}>{children}</div>;
}

/** Panels beside each other, as many as have 320 px. */
export function Columns({ children }: { readonly children: ReactNode }) {
  return <div className={styles["columns"]}>{children}</div>;
}

/** The few figures that a page is opened for, large. */
export function BigFigures({
  figures,
}: {
  readonly figures: readonly { readonly name: string; readonly value: ReactNode }[];
}) {
  return (
    <dl className={styles["figures"]}>
      {figures.map(({ name, value }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
