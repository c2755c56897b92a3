import { createLogger } from "@flock/observability";
import {
  AuthorityType,
  createAssociatedTokenAccountIdempotentInstruction,
  createCloseAccountInstruction,
  createInitializeMint2Instruction,
  createMintToInstruction,
  createSetAuthorityInstruction,
  createTransferCheckedInstruction,
  getAssociatedTokenAddressSync,
  MINT_SIZE,
  TOKEN_PROGRAM_ID,
} from "@solana/spl-token";
import {
  Keypair,
  type PublicKey,
  SystemProgram,
  Transaction,
  type TransactionInstruction,
} from "@solana/web3.js";
import { Chain } from "../src/core/chain.js";
import { airdropTransaction } from "../src/core/faucet.js";
import type { JournalSizes } from "../src/core/journal.js";
import { decodeTransaction, type WireTransaction } from "../src/core/wire-transaction.js";
import { answer } from "../src/rpc/dispatch.js";
import { exactJson } from "../src/rpc/exact-json.js";
import { Faults } from "../src/rpc/faults.js";
import { RpcNode } from "../src/rpc/rpc-node.js";
import { SlotClock } from "../src/rpc/slot-clock.js";

const LOGGER = createLogger("chain", "fatal");
const SOL = 1_000_000_000;
const START_MS = 1_700_000_000_000;
const MINT = keypair(100);
/** The first of them is the mint's authority and everybody's fee payer. */
const WALLETS = [keypair(1), keypair(2), keypair(3)] as const;
/** Commitments, and how many slots a node that is asked lags. */
const VIEWS = [
  ["processed", 0],
  ["confirmed", 0],
  ["finalized", 0],
  ["finalized", 400],
] as const;

function keypair(seed: number): Keypair {
  return Keypair.fromSeed(new Uint8Array(32).fill(seed));
}

function walletOf(index: number): PublicKey {
  return (WALLETS[index % WALLETS.length] ?? WALLETS[0]).publicKey;
}

/** A wallet's token account; each has several, to be opened and closed. */
function tokenAccountOf(wallet: number): PublicKey {
  return getAssociatedTokenAddressSync(MINT.publicKey, walletOf(wallet));
}

/** What a transaction of these tests does: all the rest of it is the same. */
export type Deed =
  | { readonly kind: "sol"; readonly to: number; readonly amount: number }
  | { readonly kind: "tokens"; readonly to: number; readonly amount: number }
  | { readonly kind: "open"; readonly wallet: number }
  | { readonly kind: "close"; readonly wallet: number }
  | { readonly kind: "give"; readonly wallet: number; readonly to: number };

function instructionsOf(deed: Deed): TransactionInstruction[] {
  const payer = walletOf(0);
  switch (deed.kind) {
    case "sol":
      return [
        SystemProgram.transfer({ fromPubkey: payer, toPubkey: walletOf(deed.to), lamports: deed.amount }),
      ];
    case "tokens":
      return [
        createTransferCheckedInstruction(
          tokenAccountOf(0),
          MINT.publicKey,
          tokenAccountOf(deed.to),
          payer,
          deed.amount,
          6,
        ),
      ];
    case "open":
      return [
        createAssociatedTokenAccountIdempotentInstruction(
          payer,
          tokenAccountOf(deed.wallet),
          walletOf(deed.wallet),
          MINT.publicKey,
        ),
      ];
    case "close":
      return [createCloseAccountInstruction(tokenAccountOf(deed.wallet), payer, walletOf(deed.wallet))];
    case "give":
      return [
        createSetAuthorityInstruction(
          tokenAccountOf(deed.wallet),
          walletOf(deed.wallet),
          AuthorityType.AccountOwner,
          walletOf(deed.to),
        ),
      ];
  }
}

/** A chain without a network around it, of which everything can be asked that JSON-RPC answers. */
export class ToldChain {
  readonly chain: Chain;
  readonly #node: RpcNode;

  private constructor(chain: Chain) {
    this.chain = chain;
    this.#node = new RpcNode(chain, new SlotClock(chain), new Faults());
  }

  static async open(dataDirectory: string, journalSizes?: JournalSizes): Promise<ToldChain> {
    return new ToldChain(await Chain.open({ dataDirectory, journalSizes, now: () => START_MS }));
  }

  /** A transaction with the blockhash of so many slots ago; the same for chains that are the same. */
  transaction(deed: Deed, hashAge = 0): WireTransaction {
    return this.#signed(instructionsOf(deed), [...WALLETS], hashAge);
  }

  /** What a chain begins with here: SOL, and a mint with all of its tokens in the first wallet's account. */
  beginning(): WireTransaction[] {
    const [first] = WALLETS;
    const owner = first.publicKey;
    const mint = MINT.publicKey;
    const airdrops = WALLETS.map(({ publicKey }) => {
      return airdropTransaction(
        publicKey.toBase58(),
        1_000 * SOL,
        this.chain.blockhashes.at(this.chain.slot),
      );
    });
    const setUp = [
      SystemProgram.createAccount({
        fromPubkey: owner,
        newAccountPubkey: mint,
        space: MINT_SIZE,
        lamports: SOL,
        programId: TOKEN_PROGRAM_ID,
      }),
      createInitializeMint2Instruction(mint, 6, owner, null),
      createAssociatedTokenAccountIdempotentInstruction(owner, tokenAccountOf(0), owner, mint),
      createMintToInstruction(mint, tokenAccountOf(0), owner, 10n ** 15n),
    ];
    return [...airdrops, this.#signed(setUp, [first, MINT], 0)];
  }

  /** Everything that a client can learn of this chain, given the signatures and blockhashes that it ever saw. */
  told(signatures: readonly string[], blockhashes: readonly string[]): string[] {
    const answers = VIEWS.flatMap(([commitment, lagSlots]) => {
      this.#node.faults.lagSlots = lagSlots;
      return this.#toldAt(commitment, signatures, blockhashes);
    });
    this.#node.faults.lagSlots = 0;
    const slots = new Set(this.chain.history.ofAddress(walletOf(0).toBase58()).map(({ slot }) => slot));
    return [
      ...answers,
      ...signatures.map((each) => this.#ask("getTransaction", each, { commitment: "confirmed" })),
      this.#ask("getSignatureStatuses", signatures),
      this.#ask("getSignatureStatuses", signatures, { searchTransactionHistory: true }),
      ...[...slots].map((slot) => this.#ask("getBlockTime", slot)),
      this.#ask("getTransactionCount"),
      this.#ask("getEpochInfo"),
    ];
  }

  #toldAt(commitment: string, signatures: readonly string[], blockhashes: readonly string[]): string[] {
    const at = { commitment, encoding: "jsonParsed" };
    const accounts = WALLETS.flatMap(({ publicKey }, index) => [publicKey, tokenAccountOf(index)]);
    const lists = commitment === "processed" ? [] : accounts.slice(0, 4);
    return [
      this.#ask("getSlot", at),
      this.#ask("getLatestBlockhash", at),
      ...blockhashes.map((hash) => this.#ask("isBlockhashValid", hash, at)),
      ...accounts.map((address) => this.#ask("getAccountInfo", address.toBase58(), at)),
      ...WALLETS.map(({ publicKey }) => {
        return this.#ask(
          "getTokenAccountsByOwner",
          publicKey.toBase58(),
          { mint: MINT.publicKey.toBase58() },
          at,
        );
      }),
      this.#ask("getTokenSupply", MINT.publicKey.toBase58(), at),
      this.#ask("getTokenLargestAccounts", MINT.publicKey.toBase58(), at),
      this.#ask("getProgramAccounts", TOKEN_PROGRAM_ID.toBase58(), at),
      ...lists.flatMap((address) => [
        this.#ask("getSignaturesForAddress", address.toBase58(), at),
        ...signatures.flatMap((signature, index) => {
          if (index % 8 !== 0) return [];
          const until = signatures[index - 11];
          return [
            this.#ask("getSignaturesForAddress", address.toBase58(), {
              ...at,
              before: signature,
              limit: 3,
              until,
            }),
          ];
        }),
      ]),
    ];
  }

  #signed(instructions: TransactionInstruction[], signers: Keypair[], hashAge: number): WireTransaction {
    const blockhash = this.chain.blockhashes.at(this.chain.slot - hashAge);
    const transaction = new Transaction({ feePayer: walletOf(0), blockhash, lastValidBlockHeight: 0 });
    transaction.add(...instructions);
    const isNeeded = ({ publicKey }: Keypair) =>
      publicKey.equals(walletOf(0)) ||
      instructions.some(({ keys }) => keys.some((key) => key.isSigner && key.pubkey.equals(publicKey)));
    transaction.sign(...signers.filter(isNeeded));
    return decodeTransaction(transaction.serialize());
  }

  /** Method, parameters and answer in one line, for a comparison that says where it fails. */
  #ask(method: string, ...params: unknown[]): string {
    const call = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const { body } = answer(this.#node, call, LOGGER);
    return `${method} ${JSON.stringify(params)}: ${exactJson(body)}`;
  }
}
