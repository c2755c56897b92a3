import type { ComponentProps } from "react";
import { Link } from "wouter";
import styles from "./button.module.css";

export type ButtonLook = "plain" | "main" | "danger" | "quiet";

const LOOKS: Record<ButtonLook, string | undefined> = {
  plain: undefined,
  main: styles["main"],
  danger: styles["danger"],
  quiet: styles["quiet"],
};

export function buttonClass(look: ButtonLook): string {
  return [styles["button"], LOOKS[look]].filter(Boolean).join(" ");
}

export function Button({
  look = "plain",
  ...rest
}: ComponentProps<"button"> & { readonly look?: ButtonLook }) {
  return <button type="button" {...rest} className={buttonClass(look)} />;
}

/** Looks like a button and goes somewhere in the console. */
export function LinkButton({
  look = "plain",
  to,
  children,
}: {
  readonly look?: ButtonLook;
  readonly to: string;
  readonly children: React.ReactNode;
}) {
  return (
    <Link to={to} className={buttonClass(look)}>
      {children}
    </Link>
  );
}
