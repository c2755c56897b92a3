import { type ReactNode, useEffect, useRef } from "react";
import { takeHeadingFocus } from "../shell/heading-focus.js";
import styles from "./page-heading.module.css";

/** The page's `<h1>`. It gives the tab its title, and has the focus after a navigation, so that it is read. */
export function PageHeading({
  title,
  question,
  aside,
}: {
  readonly title: string;
  /** The question that the page answers, or the answer, in a sentence. */
  readonly question?: ReactNode;
  readonly aside?: ReactNode;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · FlockOllamas`;
    if (takeHeadingFocus()) heading.current?.focus();
  });
  return (
    <div className={styles["heading"]}>
      <div>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {question === undefined ? null : <p className={styles["question"]}>{question}</p>}
      </div>
      {aside}
    </div>
  );
}

/** The column of panels below a heading. */
export function PageBody({ children }: { readonly children: ReactNode }) {
  return <div className={styles["page"]}>{children}</div>;
}
