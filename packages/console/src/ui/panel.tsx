import { Component, type ReactNode, useId } from "react";
import styles from "./panel.module.css";
import { Failed } from "./states.js";

export interface PanelProps {
  readonly title: string;
  /** At the other end of the title: a time, a filter, a button. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

/** A part of a page with a title. If it breaks, it breaks alone. */
export function Panel({ title, aside, children }: PanelProps) {
  const id = useId();
  return (
    <section className={styles["panel"]} aria-labelledby={id}>
      <div className={styles["head"]}>
        <h2 id={id}>{title}</h2>
        {aside === undefined ? null : <div className={styles["note"]}>{aside}</div>}
      </div>
      <Contained what={`“${title}” could not be drawn`}>{children}</Contained>
    </section>
  );
}

/** Keeps an error of what is inside from taking the page along. */
export class Contained extends Component<
  {
    readonly what: string;
    readonly children: ReactNode;
    /** What stands around the message instead of what broke, such as a page's heading. */
    readonly around?: (failed: ReactNode) => ReactNode;
  },
  { readonly error: unknown }
> {
  override state: { readonly error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown) {
    return { error: error ?? new Error("unknown") };
  }

  override render() {
    const { error } = this.state;
    if (error === null) return this.props.children;
    const { what, around } = this.props;
    const failed = <Failed what={what} error={error} onRetry={() => this.setState({ error: null })} />;
    return around === undefined ? failed : around(failed);
  }
}
