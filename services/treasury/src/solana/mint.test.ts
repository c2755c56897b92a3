import { PROGRAMS } from "@flock/solana";
import { MINT_SIZE, MintLayout } from "@solana/spl-token";
import { PublicKey } from "@solana/web3.js";
import { checkMint } from "./mint.js";

function mintAccount(more: { decimals?: number; isInitialized?: boolean; canMint?: boolean } = {}) {
  const data = Buffer.alloc(MINT_SIZE);
  MintLayout.encode(
    {
      mintAuthorityOption: more.canMint === true ? 1 : 0,
      mintAuthority: PublicKey.default,
      supply: 10n ** 17n,
      decimals: more.decimals ?? 6,
      isInitialized: more.isInitialized ?? true,
      freezeAuthorityOption: 0,
      freezeAuthority: PublicKey.default,
    },
    data,
  );
  return { owner: PROGRAMS.token, data, isExecutable: false };
}

describe("checkMint", () => {
  it("takes a classic mint with six decimals, and says what its authorities could still do", () => {
    expect(checkMint("m", mintAccount())).toEqual({ canMint: false, canFreeze: false });
    expect(checkMint("m", mintAccount({ canMint: true }))).toEqual({ canMint: true, canFreeze: false });
  });

  it.each([
    [undefined, "does not exist"],
    [{ ...mintAccount(), owner: PROGRAMS.token2022 }, "is one of Token-2022"],
    [{ ...mintAccount(), owner: PROGRAMS.system }, "is not a mint"],
    [{ ...mintAccount(), data: Buffer.alloc(165) }, "is not a mint"],
    [mintAccount({ decimals: 9 }), "has 9 decimals, not 6"],
    [mintAccount({ isInitialized: false }), "is not initialised"],
  ])("refuses another thing (%#)", (account, reason) => {
    expect(() => checkMint("m", account)).toThrow(`the mint m ${reason}`);
  });
});
