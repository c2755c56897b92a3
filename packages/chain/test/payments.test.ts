import {
  createAssociatedTokenAccountIdempotentInstruction,
  createTransferCheckedInstruction,
  getAssociatedTokenAddressSync,
} from "@solana/spl-token";
import { Connection, Keypair, PublicKey, Transaction, TransactionInstruction } from "@solana/web3.js";
import { startTestChain, type TestChain } from "../src/testing.js";

const MEMO = new PublicKey("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");

let chain: TestChain;
let connection: Connection;
const treasury = Keypair.generate();
let mint: PublicKey;
let source: PublicKey;

beforeAll(async () => {
  chain = await startTestChain({ run: "inside" });
  connection = new Connection(chain.rpcUrl, "confirmed");
  const llama = await chain.setUpLlama({ treasuryOwner: treasury.publicKey.toBase58() });
  mint = new PublicKey(llama.mint);
  source = new PublicKey(llama.treasuryTokenAccount);
  await chain.controls.advanceSlots(40);
});
afterAll(() => chain.stop());

async function payment(to: PublicKey, amountMicro: bigint, memo: string): Promise<Transaction> {
  const account = getAssociatedTokenAddressSync(mint, to);
  const transaction = new Transaction(await connection.getLatestBlockhash());
  transaction.feePayer = treasury.publicKey;
  transaction.add(
    createAssociatedTokenAccountIdempotentInstruction(treasury.publicKey, account, to, mint),
    createTransferCheckedInstruction(source, mint, account, treasury.publicKey, amountMicro, 6),
    new TransactionInstruction({ programId: MEMO, keys: [], data: Buffer.from(memo) }),
  );
  transaction.sign(treasury);
  return transaction;
}

describe("a payment through an unmodified Connection", () => {
  it("can be derived exactly from the balances before and after", async () => {
    const to = Keypair.generate().publicKey;
    const account = getAssociatedTokenAddressSync(mint, to);
    const signature = await connection.sendRawTransaction(
      (await payment(to, 1_234_567n, "für alle")).serialize(),
    );
    expect(await connection.getTransaction(signature, { commitment: "finalized" })).toBeNull();
    await chain.controls.advanceSlots(32);
    const landed = await connection.getTransaction(signature, { commitment: "finalized" });
    const meta = landed?.meta;
    expect(meta?.err).toBeNull();
    expect(meta?.postTokenBalances?.find(({ owner }) => owner === to.toBase58())).toMatchObject({
      mint: mint.toBase58(),
      uiTokenAmount: { amount: "1234567", decimals: 6, uiAmountString: "1.234567" },
    });
    const [listed] = await connection.getSignaturesForAddress(account, {}, "finalized");
    expect(listed).toMatchObject({
      signature,
      err: null,
      memo: "[9] für alle",
      confirmationStatus: "finalized",
    });
  });
});
