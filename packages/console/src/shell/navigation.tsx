import { useState } from "react";
import { Link, useLocation } from "wouter";
import { Icon } from "../identity/icon.js";
import { Sheet } from "../ui/dialog.js";
import type { Page } from "./page.js";
import { isOpen, pages, railGroups } from "./pages.js";
import { openPalette } from "./palette-entries.js";
import styles from "./shell.module.css";

/** At the left: icons with labels beside them, or below them where there is less room. */
export function Rail() {
  return (
    <nav className={styles["rail"]} aria-label="Pages">
      <Groups />
    </nav>
  );
}

/** At the bottom of a phone: three pages, and the others behind More. */
export function BottomBar() {
  const [path] = useLocation();
  // Where it was opened: on any other page it is closed again.
  const [openedAt, setOpenedAt] = useState<string | null>(null);
  const shown = pages.filter(({ rail }) => rail.isOnPhoneBar);
  const isBehindMore = !shown.some((page) => isOpen(page, path));
  return (
    <nav className={styles["bottom"]} aria-label="Main pages">
      {shown.map((page) => (
        <Entry key={page.route} page={page} />
      ))}
      <button
        type="button"
        className={styles["entry"]}
        aria-current={isBehindMore ? "true" : undefined}
        aria-haspopup="dialog"
        onClick={() => setOpenedAt(path)}
      >
        <Icon name="more" />
        More
      </button>
      <Sheet title="All pages" isOpen={openedAt === path} onClose={() => setOpenedAt(null)}>
        <button
          type="button"
          className={styles["entry"]}
          onClick={() => {
            setOpenedAt(null);
            openPalette();
          }}
        >
          <Icon name="search" />
          Go to …
        </button>
        <nav aria-label="All pages" className={styles["all"]}>
          <Groups onGo={() => setOpenedAt(null)} />
        </nav>
      </Sheet>
    </nav>
  );
}

function Groups({ onGo }: { readonly onGo?: () => void }) {
  return railGroups.map((group) => (
    <div key={group.name} className={styles["group"]}>
      <p className={styles["groupName"]} aria-hidden="true">
        {group.name}
      </p>
      <ul aria-label={group.name} className={styles["group"]}>
        {group.pages.map((page) => (
          <li key={page.route}>
            <Entry page={page} {...(onGo === undefined ? {} : { onGo })} />
          </li>
        ))}
      </ul>
    </div>
  ));
}

function Entry({ page, onGo }: { readonly page: Page; readonly onGo?: () => void }) {
  const [path] = useLocation();
  return (
    <Link
      to={page.rail.to}
      className={styles["entry"] ?? ""}
      aria-current={isOpen(page, path) ? "page" : undefined}
      onClick={onGo}
    >
      <Icon name={page.rail.icon} />
      {page.title}
    </Link>
  );
}
