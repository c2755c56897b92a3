import { generateIdentity } from "@flock/keys";
import { microLlama } from "@flock/money";
import { toAddress } from "@flock/solana";
import { base58 } from "@scure/base";
import fc from "fast-check";
import { readMemo } from "../../../services/treasury/src/domain/memos.js";
import { readMovement } from "../../../services/treasury/src/domain/movement.js";
import { judgeRecipient } from "../../../services/treasury/src/solana/recipient.js";
import { SolanaChain } from "../../../services/treasury/src/solana/solana-chain.js";
import { fuzzTarget } from "../fuzz-target.js";
import { mutatedJson } from "../generators/json.js";
import { mustHold, takenLater } from "../outcome.js";

const WALLET = toAddress(generateIdentity().id);
const TOKEN_ACCOUNT = toAddress(generateIdentity().id);
const MINT = toAddress("So11111111111111111111111111111111111111112");
const TOKEN_PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const SIGNATURE = base58.encode(new Uint8Array(64).fill(1));
const HASH = base58.encode(new Uint8Array(32).fill(2));
const context = { slot: 5, apiVersion: "2.0.0" };
const balance = (amount: string) => ({
  ...{ accountIndex: 1, mint: MINT, owner: WALLET, programId: TOKEN_PROGRAM },
  uiTokenAmount: { amount, decimals: 6, uiAmount: 1, uiAmountString: "1" },
});
const transaction = {
  ...{ slot: 5, blockTime: 1_700_000_000, version: "legacy" },
  meta: {
    ...{
      err: null,
      fee: 5_000,
      innerInstructions: [{ index: 0, instructions: [{ programIdIndex: 2, accounts: [1], data: "3Bxs" }] }],
    },
    ...{
      preBalances: [1, 2, 3],
      postBalances: [1, 2, 3],
      logMessages: [],
      loadedAddresses: { writable: [], readonly: [] },
    },
    ...{ preTokenBalances: [balance("10")], postTokenBalances: [balance("30")], computeUnitsConsumed: 5 },
  },
  transaction: {
    signatures: [SIGNATURE],
    message: {
      header: { numRequiredSignatures: 1, numReadonlySignedAccounts: 0, numReadonlyUnsignedAccounts: 1 },
      accountKeys: [WALLET, TOKEN_ACCOUNT, TOKEN_PROGRAM],
      recentBlockhash: HASH,
      instructions: [{ programIdIndex: 2, accounts: [0, 1], data: "3Bxs", stackHeight: null }],
    },
  },
};
const account = {
  owner: TOKEN_PROGRAM,
  lamports: 1,
  executable: false,
  rentEpoch: 0,
  data: [Buffer.alloc(165).toString("base64"), "base64"],
  space: 165,
};

type Question = (chain: SolanaChain) => Promise<unknown>;

/** Each question with a right answer to it. */
const QUESTIONS: readonly { readonly ask: Question; readonly result: unknown }[] = [
  { ask: (chain) => chain.genesisHash(), result: HASH },
  {
    ask: (chain) => chain.latestBlockhash(),
    result: { context, value: { blockhash: HASH, lastValidBlockHeight: 7 } },
  },
  { ask: (chain) => chain.finalizedBlockHeight(), result: 7 },
  { ask: (chain) => chain.recentPriorityFees([WALLET]), result: [{ slot: 5, prioritizationFee: 3 }] },
  {
    ask: (chain) => chain.statuses([SIGNATURE]),
    result: {
      context,
      value: [
        { slot: 5, confirmations: null, err: null, confirmationStatus: "finalized", status: { Ok: null } },
      ],
    },
  },
  { ask: moved, result: transaction },
  {
    ask: (chain) => chain.history(WALLET, 5),
    result: [{ signature: SIGNATURE, slot: 5, err: null, memo: "[5] flock", blockTime: 1 }],
  },
  { ask: judged, result: { context, value: [account] } },
  {
    ask: (chain) => chain.holdings(),
    result: { context, value: { amount: "30", decimals: 6, uiAmount: 1, uiAmountString: "1" } },
  },
  { ask: (chain) => chain.lamports(), result: { context, value: 5 } },
];

async function moved(chain: SolanaChain): Promise<unknown> {
  const found = await chain.transaction(SIGNATURE);
  if (found === undefined) return undefined;
  for (const memo of found.memos) readMemo(memo);
  const about = { treasury: WALLET, depositMin: microLlama(1n), isOurBatch: false, loss: 0n, referenced: [] };
  const movement = readMovement(found, about);
  mustHold(
    typeof movement.delta === "bigint" && movement.slot >= 0n,
    "a movement of no amount, or in no slot",
  );
  return movement;
}

async function judged(chain: SolanaChain): Promise<unknown> {
  const [facts] = await chain.accounts([WALLET]);
  judgeRecipient(WALLET, facts, undefined, MINT);
  return judgeRecipient(WALLET, undefined, facts, MINT);
}

export const chainAnswers = fuzzTarget({
  name: "chain-answers",
  about: "answers of a Solana RPC to everything that the treasury asks, and what it makes of them",
  open: () => {
    const real = globalThis.fetch;
    let answer = "";
    // The client makes an id of each request, and wants it back.
    globalThis.fetch = async (_input, init) => {
      const { id } = JSON.parse(String(init?.body)) as { id: string };
      return new Response(answer.replace("REQUEST-ID", id), { status: 200 });
    };
    const accounts = { wallet: WALLET, tokenAccount: TOKEN_ACCOUNT, mint: MINT };
    const chain = new SolanaChain({ url: "http://rpc.example/secret-token", accounts });
    const inputs = fc.oneof(
      ...QUESTIONS.map(({ ask, result }) =>
        fc.record({
          ask: fc.constant(ask),
          bytes: mutatedJson([{ jsonrpc: "2.0", id: "REQUEST-ID", result }]),
        }),
      ),
    );
    return {
      inputs,
      probe: async ({ ask, bytes }) => {
        answer = bytes.toString();
        return (await takenLater(() => ask(chain), ["unavailable"])) !== undefined;
      },
      close: () => {
        globalThis.fetch = real;
      },
    };
  },
});
