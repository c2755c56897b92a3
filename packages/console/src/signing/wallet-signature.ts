import { SolanaSignIn, type SolanaSignInInput, SolanaSignMessage } from "@solana/wallet-standard-features";
import type { WalletAccount } from "@wallet-standard/base";
import { StandardConnect } from "@wallet-standard/features";
import { shortAddress } from "../format/address.js";
import type { SolanaWallet } from "./solana-wallets.js";

/* What is asked of a wallet. Which account it means is looked at before and after: people switch it in between. */

/** The account that the wallet lets this page see; `address`: that one, and no other. */
export async function connectedAccount(wallet: SolanaWallet, address?: string): Promise<WalletAccount> {
  const known = wallet.accounts.find((account) => account.address === address);
  if (known !== undefined) return known;
  const { accounts } = await wallet.features[StandardConnect].connect();
  const account = address === undefined ? accounts[0] : accounts.find((each) => each.address === address);
  if (account !== undefined) return account;
  const [other] = accounts;
  throw new Error(
    other === undefined || address === undefined
      ? "the wallet shows no account to this page"
      : `the wallet shows ${shortAddress(other.address)}, and you are signed in as ${shortAddress(address)}: switch the account there`,
  );
}

/** The signature over a text, by that account of the wallet. */
export async function signText(wallet: SolanaWallet, address: string, text: string): Promise<Uint8Array> {
  const account = await connectedAccount(wallet, address);
  const message = new TextEncoder().encode(text);
  const [output] = await wallet.features[SolanaSignMessage].signMessage({ account, message });
  if (output === undefined) throw new Error("the wallet gave no signature");
  if (!wallet.accounts.some((each) => each.address === address))
    throw new Error(`the wallet has left ${shortAddress(address)} while it signed: nothing was handed in`);
  return output.signature;
}

/** The same over the text of a sign-in, which some wallets show in a form of their own. */
export async function signSignIn(
  wallet: SolanaWallet,
  address: string,
  challenge: { readonly message: string; readonly input: Readonly<Record<string, unknown>> },
): Promise<Uint8Array> {
  const feature = wallet.features[SolanaSignIn];
  if (feature === undefined) return await signText(wallet, address, challenge.message);
  // CAST: the api gives the fields of Sign-In With Solana; the wallet checks them.
  const [output] = await feature.signIn(challenge.input as SolanaSignInInput);
  if (output === undefined) throw new Error("the wallet gave no signature");
  if (output.account.address !== address)
    throw new Error(
      `the wallet signed as ${shortAddress(output.account.address)}, not as ${shortAddress(address)}`,
    );
  return output.signature;
}
