import { useState } from "react";
import { Tabs } from "../ui/tabs.js";
import { toast } from "../ui/toasts.js";
import { useAttempts } from "./attempt.js";
import { KeyForm } from "./key-form.js";
import { signInByWallet } from "./open-session.js";
import { SignInElsewhere } from "./sign-in-elsewhere.js";
import styles from "./signing.module.css";
import type { SolanaWallet } from "./solana-wallets.js";
import { WalletChoice } from "./wallet-choice.js";

/** The three ways to sign in: a wallet of this browser, one elsewhere, or an API key, which can only look. */
export default function SignInWays({ onDone }: { readonly onDone: () => void }) {
  const [way, setWay] = useState("wallet");
  const done = () => {
    onDone();
    toast("Signed in with your wallet, in this tab, for a day at most.");
  };
  return (
    <Tabs
      label="Ways to sign in"
      value={way}
      onChange={setWay}
      tabs={[
        { id: "wallet", title: "Wallet", content: <ByWallet onDone={done} /> },
        { id: "elsewhere", title: "Sign elsewhere", content: <SignInElsewhere onDone={done} /> },
        { id: "key", title: "API key", content: <KeyForm onDone={onDone} /> },
      ]}
    />
  );
}

function ByWallet({ onDone }: { readonly onDone: () => void }) {
  const { attempt, make } = useAttempts();
  const choose = async (wallet: SolanaWallet) => {
    const isSignedIn = await make(wallet, async () => {
      await signInByWallet(wallet);
      return true;
    });
    if (isSignedIn === true) onDone();
  };
  return (
    <div className={styles["stack"]}>
      <p className={styles["note"]}>
        Your account is your Solana wallet. It signs a short text, which moves no money; each withdrawal is
        signed for by itself. Check that the text names this site.
      </p>
      <WalletChoice verb="Sign in with" attempt={attempt} onChoose={(wallet) => void choose(wallet)} />
    </div>
  );
}
