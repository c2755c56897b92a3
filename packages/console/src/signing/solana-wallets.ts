import {
  type SolanaSignInFeature,
  SolanaSignMessage,
  type SolanaSignMessageFeature,
} from "@solana/wallet-standard-features";
import { getWallets } from "@wallet-standard/app";
import type { Wallet } from "@wallet-standard/base";
import { StandardConnect, type StandardConnectFeature } from "@wallet-standard/features";
import { useSyncExternalStore } from "react";

/** A wallet of this browser that can sign a text with a Solana key. */
export type SolanaWallet = Wallet & {
  readonly features: StandardConnectFeature & SolanaSignMessageFeature & Partial<SolanaSignInFeature>;
};

const NAME_MAX = 40;

let found: readonly SolanaWallet[] | null = null;

/** The wallets that have made themselves known by the Wallet Standard; more may come while the page is open. */
export function useSolanaWallets(): readonly SolanaWallet[] {
  return useSyncExternalStore(subscribe, snapshot);
}

/**
 * A wallet's own word for itself, cut: it comes from an extension. Its icon is not shown, because it is a `data:` URL,
 * which the policy forbids.
 */
export function walletName({ name }: Wallet): string {
  return name.length > NAME_MAX ? `${name.slice(0, NAME_MAX)}…` : name;
}

function snapshot(): readonly SolanaWallet[] {
  // Some wallets make themselves known twice.
  found ??= getWallets()
    .get()
    .filter(isSolanaWallet)
    .filter(({ name }, index, all) => all.findIndex((each) => each.name === name) === index);
  return found;
}

function subscribe(listener: () => void): () => void {
  const changed = () => {
    found = null;
    listener();
  };
  // Some may have come while nobody listened.
  found = null;
  const offs = [getWallets().on("register", changed), getWallets().on("unregister", changed)];
  return () => {
    for (const off of offs) off();
  };
}

function isSolanaWallet(wallet: Wallet): wallet is SolanaWallet {
  return (
    wallet.chains.some((chain) => chain.startsWith("solana:")) &&
    StandardConnect in wallet.features &&
    SolanaSignMessage in wallet.features
  );
}
