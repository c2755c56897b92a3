import { jest } from "@jest/globals";
import type { SolanaWallet } from "./solana-wallets.js";
import { connectedAccount, signSignIn, signText } from "./wallet-signature.js";

const MINE = "MineMineMineMineMineMineMineMineMine";
const OTHER = "OtherOtherOtherOtherOtherOtherOther1";
const SIGNATURE = Uint8Array.of(1, 2, 3);

/** A wallet that shows `first`, and `then` once it has signed. */
function walletOf(first: string, then = first, signsInAs?: string): SolanaWallet {
  let shown = first;
  const accounts = () => [{ address: shown }];
  const signMessage = jest.fn(async () => {
    shown = then;
    return [{ signature: SIGNATURE }];
  });
  const signIn = async () => [{ account: { address: signsInAs }, signature: SIGNATURE }];
  const wallet = {
    get accounts() {
      return accounts();
    },
    features: {
      "standard:connect": { connect: async () => ({ accounts: accounts() }) },
      "solana:signMessage": { signMessage },
      ...(signsInAs === undefined ? {} : { "solana:signIn": { signIn } }),
    },
  };
  // CAST: of a wallet only these parts are asked.
  return wallet as unknown as SolanaWallet;
}

describe("a wallet's signature", () => {
  it("is that of the account that is signed in", async () => {
    expect(await signText(walletOf(MINE), MINE, "text")).toBe(SIGNATURE);
    expect((await connectedAccount(walletOf(OTHER))).address).toBe(OTHER);
  });

  it("is not asked for while the wallet shows another account", async () => {
    const wallet = walletOf(OTHER);
    await expect(signText(wallet, MINE, "text")).rejects.toThrow("the wallet shows Othe…her1");
    expect(wallet.features["solana:signMessage"].signMessage).not.toHaveBeenCalled();
  });

  it("counts for nothing if the wallet has gone to another account while it signed", async () => {
    await expect(signText(walletOf(MINE, OTHER), MINE, "text")).rejects.toThrow("while it signed");
  });

  it("over a sign-in is refused when it is another account's", async () => {
    const challenge = { message: "text", input: {} };
    expect(await signSignIn(walletOf(MINE, MINE, MINE), MINE, challenge)).toBe(SIGNATURE);
    await expect(signSignIn(walletOf(MINE, MINE, OTHER), MINE, challenge)).rejects.toThrow(
      "signed as Othe…her1",
    );
  });
});
