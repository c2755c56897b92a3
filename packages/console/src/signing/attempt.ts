import { useEffect, useRef, useState } from "react";
import { ApiError } from "../data/api-error.js";
import { type SolanaWallet, walletName } from "./solana-wallets.js";

/** A wallet's window can stay behind others, or never open: after so long the page offers another way. */
const PATIENCE_MS = 60_000;
const MESSAGE_MAX = 200;

export type Attempt =
  | { readonly kind: "none" }
  | { readonly kind: "waiting"; readonly wallet: string; readonly isLate: boolean }
  /** The person said no in the wallet, or it failed. */
  | { readonly kind: "failed"; readonly wallet: string; readonly message: string };

export interface Attempts {
  readonly attempt: Attempt;
  /** What the work gives; `null`: it failed, or another attempt took its place. */
  make<T>(wallet: SolanaWallet, work: () => Promise<T>): Promise<T | null>;
}

/** One attempt at a time to have a wallet sign. A signature that comes late counts, until another attempt is made. */
export function useAttempts(): Attempts {
  const [attempt, setAttempt] = useState<Attempt>({ kind: "none" });
  const turn = useRef(0);
  useEffect(
    () => () => {
      turn.current += 1;
    },
    [],
  );
  const make = async <T>(wallet: SolanaWallet, work: () => Promise<T>): Promise<T | null> => {
    turn.current += 1;
    const own = turn.current;
    const name = walletName(wallet);
    const say = (next: Attempt) => {
      if (own === turn.current) setAttempt(next);
    };
    say({ kind: "waiting", wallet: name, isLate: false });
    const timer = setTimeout(() => say({ kind: "waiting", wallet: name, isLate: true }), PATIENCE_MS);
    try {
      const result = await work();
      const isOwn = own === turn.current;
      say({ kind: "none" });
      return isOwn ? result : null;
    } catch (error) {
      say({ kind: "failed", wallet: name, message: wordsOf(error) });
      return null;
    } finally {
      clearTimeout(timer);
    }
  };
  return { attempt, make };
}

function wordsOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const cut = message.slice(0, MESSAGE_MAX);
  return error instanceof ApiError ? `the api says: ${cut}` : cut;
}
