import { askOpenly } from "../data/client.js";
import { startSession } from "../data/session.js";
import type { SolanaWallet } from "./solana-wallets.js";
import { connectedAccount, signSignIn } from "./wallet-signature.js";

/** Signs in as the account that the wallet shows. */
export async function signInByWallet(wallet: SolanaWallet): Promise<void> {
  const { address } = await connectedAccount(wallet);
  const challenge = await askOpenly((flock) => flock.signIn.challenge(address));
  const signature = await signSignIn(wallet, address, challenge);
  await signInBySignature(address, challenge.message, signature);
}

/** Signs in by a text that was signed, wherever that was. */
export async function signInBySignature(
  address: string,
  message: string,
  signature: string | Uint8Array,
): Promise<void> {
  const { sessionToken, account, expiresAt } = await askOpenly((flock) =>
    flock.signIn.open({ message, signature }),
  );
  if (account !== address) throw new Error(`the api signed in ${account}, not ${address}`);
  startSession({ kind: "wallet", token: sessionToken, account, expiresAt });
}
