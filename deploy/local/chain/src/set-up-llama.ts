import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { FlockError } from "@flock/errors";
import { loadOrCreateIdentity } from "@flock/keys";
import { type MicroLlama, TOTAL_SUPPLY } from "@flock/money";
import { addressOf, associatedTokenAccount, LLAMA_DECIMALS, toAddress } from "@flock/solana";
import {
  AuthorityType,
  createAssociatedTokenAccountIdempotentInstruction,
  createInitializeMint2Instruction,
  createMintToInstruction,
  createSetAuthorityInstruction,
  MINT_SIZE,
  TOKEN_PROGRAM_ID,
} from "@solana/spl-token";
import {
  Keypair,
  PublicKey,
  SystemProgram,
  type TransactionInstruction,
  TransactionMessage,
  VersionedTransaction,
} from "@solana/web3.js";
import { z } from "zod";
import { LOCAL_GENESIS_HASH } from "./genesis.js";
import { RpcClient } from "./rpc-client.js";

const SOL = 1_000_000_000;
const POLL_MS = 50;
const LANDING_TIMEOUT_MS = 30_000;

export interface LlamaSetUp {
  readonly rpcUrl: string;
  /** Where the mint's key is kept; created if need be. The mint's address is its public half. */
  readonly mintKeyFile: string;
  /** Base58 address of who owns the treasury's token account. */
  readonly treasuryOwner: string;
  /**
   * What others than the treasury get of the supply; default nothing. At most three, or the transaction gets too large.
   */
  readonly grants?: readonly { readonly owner: string; readonly amountMicro: MicroLlama }[];
  /** Addresses that are to have at least so many SOL; the treasury's is filled up to 100 SOL in any case. */
  readonly funded?: readonly { readonly address: string; readonly sol: number }[];
}

export interface LlamaOnChain {
  /** Base58 address of the LLAMA mint. */
  readonly mint: string;
  /** Base58 address of the treasury's associated token account. */
  readonly treasuryTokenAccount: string;
}

/**
 * Creates LLAMA on the local chain: the mint with six decimals, all 100 billion in the treasury's associated token
 * account (less grants). Nobody keeps an authority over mint or accounts. All of that is one transaction, so it is done
 * or not, wherever this is interrupted. A second run only checks it. Wallets are filled up with SOL.
 * @throws FlockError `failed_precondition` on any other chain than the local one, or when the mint is not as it should
 *   be.
 */
export async function setUpLlama(options: LlamaSetUp): Promise<LlamaOnChain> {
  const rpc = new RpcClient(options.rpcUrl);
  const genesisHash = await rpc.call("getGenesisHash", [], z.string());
  if (genesisHash !== LOCAL_GENESIS_HASH) {
    throw new FlockError(
      "failed_precondition",
      `LLAMA is set up on the local chain only, and ${options.rpcUrl} is a node of the chain ${genesisHash}`,
    );
  }
  const { treasuryOwner, funded = [] } = options;
  const mintKey = Keypair.fromSecretKey((await loadOrCreateIdentity(options.mintKeyFile)).secretKey());
  const mint = mintKey.publicKey;
  for (const { address, sol } of [...funded, { address: treasuryOwner, sol: 100 }]) {
    await fillUp(rpc, address, sol);
  }
  if (!(await mintExists(rpc, mint))) await createMint(rpc, mintKey, options);
  const treasuryTokenAccount = associatedTokenAccount(toAddress(treasuryOwner), addressOf(mint));
  return { mint: addressOf(mint), treasuryTokenAccount };
}

async function fillUp(rpc: RpcClient, address: string, sol: number): Promise<void> {
  const balanceSchema = z.object({ value: z.number() });
  const balance = await rpc.call("getBalance", [address, { commitment: "processed" }], balanceSchema);
  const missing = Math.ceil(sol * SOL) - balance.value;
  if (missing > 0) await rpc.call("requestAirdrop", [address, missing], z.string());
}

const mintAccountSchema = z.object({
  value: z
    .object({
      owner: z.string(),
      data: z.object({
        parsed: z.object({
          info: z.object({
            decimals: z.number(),
            supply: z.string(),
            mintAuthority: z.null(),
            freezeAuthority: z.null(),
          }),
        }),
      }),
    })
    .nullable(),
});

/** False: there is none yet. Throws when there is one that is not LLAMA's. */
async function mintExists(rpc: RpcClient, mint: PublicKey): Promise<boolean> {
  const options = { encoding: "jsonParsed", commitment: "processed" };
  const found = await rpc.call("getAccountInfo", [mint.toBase58(), options], z.unknown());
  const { data } = mintAccountSchema.safeParse(found);
  if (data?.value === null) return false;
  const info = data?.value.data.parsed.info;
  if (info?.decimals === LLAMA_DECIMALS && info.supply === TOTAL_SUPPLY.toString()) return true;
  throw new FlockError(
    "failed_precondition",
    `the account ${mint.toBase58()} is not the LLAMA mint: ${JSON.stringify(found).slice(0, 500)}`,
  );
}

async function createMint(rpc: RpcClient, mintKey: Keypair, options: LlamaSetUp): Promise<void> {
  // Derived from the mint's key, so that there is no second secret to keep. The mint's own address cannot pay.
  const seed = createHash("sha256").update("set-up payer").update(mintKey.secretKey).digest();
  const payer = Keypair.fromSeed(seed);
  await fillUp(rpc, payer.publicKey.toBase58(), 1);
  const latest = await rpc.call(
    "getLatestBlockhash",
    // Older than what a fork soon after could abandon.
    [{ commitment: "confirmed" }],
    z.object({ value: z.object({ blockhash: z.string() }) }),
  );
  const rentLamports = await rpc.call("getMinimumBalanceForRentExemption", [MINT_SIZE], z.number());
  const message = new TransactionMessage({
    payerKey: payer.publicKey,
    recentBlockhash: latest.value.blockhash,
    instructions: mintInstructions(payer.publicKey, mintKey.publicKey, rentLamports, options),
  });
  const transaction = new VersionedTransaction(message.compileToLegacyMessage());
  transaction.sign([payer, mintKey]);
  const wire = Buffer.from(transaction.serialize()).toString("base64");
  const sendOptions = { encoding: "base64", preflightCommitment: "confirmed" };
  try {
    await rpc.call("sendTransaction", [wire, sendOptions], z.string());
  } catch (error) {
    // Refused because another run, or this one before it was interrupted, has been quicker?
    if (!(await mintExists(rpc, mintKey.publicKey))) throw error;
  }
  const deadlineMs = performance.now() + LANDING_TIMEOUT_MS;
  while (!(await mintExists(rpc, mintKey.publicKey))) {
    if (performance.now() > deadlineMs) {
      throw new FlockError("deadline_exceeded", "the transaction that creates the LLAMA mint does not land");
    }
    await sleep(POLL_MS);
  }
}

function mintInstructions(
  payer: PublicKey,
  mint: PublicKey,
  rentLamports: number,
  { treasuryOwner, grants = [] }: LlamaSetUp,
): TransactionInstruction[] {
  const granted = grants.reduce((sum, { amountMicro }) => sum + amountMicro, 0n);
  const shares = [{ owner: treasuryOwner, amountMicro: TOTAL_SUPPLY - granted }, ...grants];
  return [
    SystemProgram.createAccount({
      fromPubkey: payer,
      newAccountPubkey: mint,
      lamports: rentLamports,
      space: MINT_SIZE,
      programId: TOKEN_PROGRAM_ID,
    }),
    // Nobody may ever freeze; the mint's own key may mint until the last instruction here.
    createInitializeMint2Instruction(mint, LLAMA_DECIMALS, mint, null),
    ...shares.flatMap(({ owner, amountMicro }) => {
      const ownerKey = new PublicKey(owner);
      const account = new PublicKey(associatedTokenAccount(toAddress(owner), addressOf(mint)));
      return [
        createAssociatedTokenAccountIdempotentInstruction(payer, account, ownerKey, mint),
        createMintToInstruction(mint, account, mint, amountMicro),
      ];
    }),
    createSetAuthorityInstruction(mint, mint, AuthorityType.MintTokens, null),
  ];
}
