import type { TestChain } from "@flock/chain/testing";
import { TOTAL_SUPPLY } from "@flock/money";
import { addressOf, associatedTokenAccount, toAddress } from "@flock/solana";
import {
  createAssociatedTokenAccountIdempotentInstruction,
  createFreezeAccountInstruction,
  createInitializeMint2Instruction,
  createMintToInstruction,
  createThawAccountInstruction,
  MINT_SIZE,
  TOKEN_PROGRAM_ID,
} from "@solana/spl-token";
import { Keypair, PublicKey, SystemProgram } from "@solana/web3.js";
import { TestWallet } from "./test-wallet.js";

/** Enough for a mint to be free of rent. */
const MINT_LAMPORTS = 10_000_000;

/** Who issues a token like LLAMA, and keeps the power to freeze accounts of it. */
export class TestIssuer {
  readonly mint: string;
  readonly #wallet: TestWallet;
  readonly #chain: TestChain;

  private constructor(chain: TestChain, mint: string, wallet: TestWallet) {
    this.#chain = chain;
    this.mint = mint;
    this.#wallet = wallet;
  }

  /** Issues all of it to the token account of `treasuryOwner`. */
  static async issue(chain: TestChain, treasuryOwner: string): Promise<TestIssuer> {
    const mintKey = Keypair.generate();
    const mint = mintKey.publicKey;
    const issuer = new TestIssuer(chain, mint.toBase58(), new TestWallet(chain.rpcUrl, mint.toBase58()));
    const owner = new PublicKey(treasuryOwner);
    const account = new PublicKey(associatedTokenAccount(toAddress(treasuryOwner), addressOf(mint)));
    const { publicKey } = issuer.#wallet.keypair;
    await issuer.#wallet.fund();
    await chain.controls.advanceSlots(1);
    await issuer.#wallet.send(
      [
        SystemProgram.createAccount({
          fromPubkey: publicKey,
          newAccountPubkey: mint,
          lamports: MINT_LAMPORTS,
          space: MINT_SIZE,
          programId: TOKEN_PROGRAM_ID,
        }),
        createInitializeMint2Instruction(mint, 6, publicKey, publicKey),
        createAssociatedTokenAccountIdempotentInstruction(publicKey, account, owner, mint),
        createMintToInstruction(mint, account, publicKey, TOTAL_SUPPLY),
      ],
      [mintKey],
    );
    return issuer;
  }

  /** Nothing moves into a frozen token account, or out of it. Everybody knows within a few slots. */
  async freeze(account: PublicKey): Promise<void> {
    const { publicKey } = this.#wallet.keypair;
    await this.#wallet.send([createFreezeAccountInstruction(account, new PublicKey(this.mint), publicKey)]);
    await this.#chain.controls.advanceSlots(5);
  }

  async thaw(account: PublicKey): Promise<void> {
    const { publicKey } = this.#wallet.keypair;
    await this.#wallet.send([createThawAccountInstruction(account, new PublicKey(this.mint), publicKey)]);
    await this.#chain.controls.advanceSlots(5);
  }
}
