import { useState } from "react";
import { Link } from "wouter";
import { type LiveFeed, useLiveFeed } from "../data/live-feed.js";
import { useOpen, useOwn } from "../data/queries.js";
import { useSession } from "../data/session.js";
import { useIsStreaming } from "../data/streaming.js";
import { microOf } from "../format/amount.js";
import { formatClock } from "../format/time.js";
import { Icon } from "../identity/icon.js";
import { Mark } from "../identity/mark.js";
import { Amount } from "../ui/amount.js";
import { Copyable } from "../ui/copyable.js";
import { Dialog } from "../ui/dialog.js";
import { AccountMenu } from "./account-menu.js";
import { openPalette } from "./palette-entries.js";
import styles from "./top-bar.module.css";

export function TopBar() {
  return (
    <header className={styles["bar"]}>
      <Link to="/" className={styles["home"] ?? ""} aria-label="FlockOllamas, first page">
        <Mark />
        <span className={styles["name"]}>FlockOllamas</span>
      </Link>
      <NetworkBadge />
      <span className={styles["space"]} />
      <button type="button" className={`${styles["chip"]} ${styles["search"]}`} onClick={openPalette}>
        <Icon name="search" />
        <span className={styles["long"]}>Go to …</span>
        <kbd>Ctrl K</kbd>
      </button>
      <LiveDot />
      <Balance />
      <AccountMenu />
    </header>
  );
}

/** A hairline of the mark's colours at the very top, while an answer is being written. */
export function Weave() {
  return useIsStreaming() ? <div className={styles["weave"]} aria-hidden="true" /> : null;
}

interface NetworkFacts {
  readonly chain: string | null;
  readonly genesis_hash: string | null;
  readonly parameters: { readonly version: number };
}

/** Solana's own networks, by the hash of their first block. */
const CLUSTERS: Readonly<Record<string, string>> = {
  "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d": "mainnet",
  EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG: "devnet",
  "4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY": "testnet",
};

function networkName({ chain, genesis_hash }: NetworkFacts): string {
  if (chain === null) return "local, no chain";
  return CLUSTERS[genesis_hash ?? ""] ?? "local chain";
}

function NetworkBadge() {
  const { data } = useOpen<NetworkFacts>("/flock/v1/network");
  const [isShown, setIsShown] = useState(false);
  if (data === undefined) return null;
  const name = networkName(data);
  return (
    <>
      <button
        type="button"
        className={`${styles["chip"]} ${styles["network"]}`}
        aria-haspopup="dialog"
        aria-label={`Network: ${name}`}
        onClick={() => setIsShown(true)}
      >
        <span>{name}</span>
      </button>
      <Dialog title={`This network: ${name}`} isOpen={isShown} onClose={() => setIsShown(false)}>
        <dl className={styles["facts"]}>
          <div>
            <dt>Hash of the chain’s first block</dt>
            <dd>
              {data.genesis_hash === null ? (
                "none: there is no chain, so LLAMA cannot be deposited or withdrawn"
              ) : (
                <Copyable text={data.genesis_hash} what="the genesis hash" look="whole" />
              )}
            </dd>
          </div>
          <div>
            <dt>Version of the parameters</dt>
            <dd>{data.parameters.version}</dd>
          </div>
        </dl>
      </Dialog>
    </>
  );
}

function liveWords({ state, since }: LiveFeed): string {
  switch (state) {
    case "connecting":
      return "connecting";
    case "live":
      return "live";
    case "polling":
      return "every 5 s";
    case "reconnecting":
      return `reconnecting since ${formatClock(since)}`;
  }
}

function LiveDot() {
  const feed = useLiveFeed();
  return (
    <span className={styles["chip"]} role="status">
      <span className={styles["dot"]} data-state={feed.state} />
      <span className="only-heard">Figures: </span>
      <span className={styles["long"]}>{liveWords(feed)}</span>
    </span>
  );
}

function Balance() {
  const session = useSession();
  const { data } = useOwn<{ wallet: { available_micro: string } }>("/flock/v1/account", { every: 15_000 });
  if (session === null || data === undefined) return null;
  return (
    <Link to="/usage" className={styles["balance"] ?? ""}>
      <span className="only-heard">Balance: </span>
      <Amount micro={microOf(data.wallet.available_micro)} />
    </Link>
  );
}
