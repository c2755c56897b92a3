import { Icon } from "../identity/icon.js";
import { Banner } from "../ui/badge.js";
import { Button } from "../ui/button.js";
import type { Attempt } from "./attempt.js";
import styles from "./signing.module.css";
import { type SolanaWallet, useSolanaWallets, walletName } from "./solana-wallets.js";

/** A button for each wallet of this browser, and how far it is with its signature. */
export function WalletChoice({
  verb,
  attempt,
  onChoose,
}: {
  /** Before the wallet's name: `Sign in with`. */
  readonly verb: string;
  readonly attempt: Attempt;
  readonly onChoose: (wallet: SolanaWallet) => void;
}) {
  const wallets = useSolanaWallets();
  const isWaiting = attempt.kind === "waiting" && !attempt.isLate;
  return (
    <div className={styles["stack"]}>
      {wallets.length === 0 ? (
        <p className={styles["note"]}>
          No Solana wallet has been found in this browser. If you have just installed one, load this page
          anew.
        </p>
      ) : (
        <div className={styles["wallets"]}>
          {wallets.map((wallet) => (
            <Button
              key={wallet.name}
              look={wallets.length === 1 ? "main" : "plain"}
              disabled={isWaiting}
              onClick={() => onChoose(wallet)}
            >
              {verb} {walletName(wallet)}
            </Button>
          ))}
        </div>
      )}
      <div role="status">
        <AttemptWords attempt={attempt} />
      </div>
    </div>
  );
}

function AttemptWords({ attempt }: { readonly attempt: Attempt }) {
  switch (attempt.kind) {
    case "none":
      return null;
    case "waiting":
      return attempt.isLate ? (
        <Banner tone="warn">
          Nothing was signed in {attempt.wallet} for a minute. Look for its window, try again, or sign
          elsewhere.
        </Banner>
      ) : (
        <Banner tone="info">Waiting for {attempt.wallet}: its window asks you now.</Banner>
      );
    case "failed":
      return (
        <Banner tone="bad">
          <Icon name="warning" />
          Nothing was signed in {attempt.wallet}: {attempt.message}. You can try again.
        </Banner>
      );
  }
}
