import { base58 } from "@scure/base";
import { z } from "zod";
import { airdropTransaction } from "../../core/faucet.js";
import { innerInstructionsOf, returnDataOf } from "../../core/landing.js";
import { memoOf } from "../../core/memo.js";
import {
  decodeTransaction,
  TRANSACTION_BYTES_MAX,
  UndecodableTransaction,
  type WireTransaction,
  withBlockhash,
} from "../../core/wire-transaction.js";
import { FINALIZED_AFTER_SLOTS } from "../../genesis.js";
import { describeTransactionError, type TransactionError } from "../../vm/transaction-error.js";
import type { Simulation } from "../../vm/vm.js";
import type { SendRule } from "../control-requests.js";
import { encodeAccount } from "../encode-account.js";
import type { Candidate } from "../faults.js";
import { type Method, method } from "../method.js";
import {
  accountEncodingSchema,
  addressSchema,
  type Commitment,
  commitmentSchema,
  contextShape,
  slotSchema,
} from "../params.js";
import { invalidParams, RPC_CODES, RpcError } from "../rpc-error.js";
import type { RpcNode } from "../rpc-node.js";
import { decimalsAt } from "./tokens.js";

const encodingSchema = z.enum(["base58", "base64"]).nullish();
/** How many characters {@link TRANSACTION_BYTES_MAX} bytes take. */
const TEXT_MAX = { base58: 1_683, base64: 1_644 } as const;
const AIRDROP_LAMPORTS_MAX = 1_000_000 * 1_000_000_000;

export const TRANSACTION_METHODS: Readonly<Record<string, Method>> = {
  sendTransaction: method(
    z.tuple([
      z.string(),
      z
        .object({
          encoding: encodingSchema,
          skipPreflight: z.boolean().nullish(),
          preflightCommitment: commitmentSchema.nullish(),
          maxRetries: slotSchema.nullish(),
          minContextSlot: slotSchema.nullish(),
        })
        .nullish()
        .optional(),
    ]),
    (node, [text, options]) => {
      const tx = decode(text, options?.encoding ?? "base58");
      if (!options?.skipPreflight) {
        const commitment = options?.preflightCommitment ?? "finalized";
        node.slotFor({ commitment, minContextSlot: options?.minContextSlot });
        preflight(node, tx, commitment);
      }
      forward(node, tx);
      return tx.signature;
    },
  ),

  simulateTransaction: method(
    z.tuple([
      z.string(),
      z
        .object({
          ...contextShape,
          encoding: encodingSchema,
          sigVerify: z.boolean().nullish(),
          replaceRecentBlockhash: z.boolean().nullish(),
          innerInstructions: z.boolean().nullish(),
          accounts: z
            .object({ encoding: accountEncodingSchema.nullish(), addresses: z.array(addressSchema) })
            .nullish(),
        })
        .nullish()
        .optional(),
    ]),
    (node, [text, options]) => {
      if (options?.sigVerify && options.replaceRecentBlockhash) {
        throw invalidParams("sigVerify may not be used with replaceRecentBlockhash");
      }
      const slot = node.slotFor(options);
      const given = decode(text, options?.encoding ?? "base58");
      const blockhash = node.chain.blockhashes.at(slot);
      const tx = options?.replaceRecentBlockhash ? withBlockhash(given, blockhash) : given;
      const simulation = simulate(node, tx, options?.commitment ?? "finalized", options?.sigVerify ?? false);
      const shown = shownSimulation(simulation);
      const wanted = options?.accounts;
      const accounts = wanted?.addresses.map((address) => {
        const image = simulation.accounts.get(address) ?? node.account(address, node.chain.slot);
        return encodeAccount(image, { encoding: wanted.encoding ?? "base64" }, decimalsAt(node, slot));
      });
      return node.at(slot, {
        ...shown,
        accounts: simulation.error === null ? (accounts ?? null) : null,
        innerInstructions: options?.innerInstructions ? innerInstructionsOf(simulation) : null,
        replacementBlockhash: options?.replaceRecentBlockhash
          ? { blockhash, lastValidBlockHeight: node.lastValidBlockHeight(slot) }
          : null,
      });
    },
  ),

  requestAirdrop: method(
    z.tuple([
      addressSchema,
      z.int().min(1).max(AIRDROP_LAMPORTS_MAX),
      z.object({ commitment: commitmentSchema.nullish() }).nullish().optional(),
    ]),
    (node, [address, lamports]) => {
      // A finalized blockhash is on every fork.
      const blockhash = node.chain.blockhashes.at(node.chain.slot - FINALIZED_AFTER_SLOTS);
      const tx = airdropTransaction(address, lamports, blockhash);
      const fate = node.chain.land(tx);
      if (fate.kind === "landed") return tx.signature;
      throw new RpcError(RPC_CODES.internalError, describeTransactionError(fate.reason));
    },
  ),
};

function decode(text: string, encoding: "base58" | "base64"): WireTransaction {
  if (text.length > TEXT_MAX[encoding]) {
    throw invalidParams(
      `${encoding} encoded solana_transaction::versioned::VersionedTransaction too large: ${text.length} bytes (max: encoded/raw ${TEXT_MAX[encoding]}/${TRANSACTION_BYTES_MAX})`,
    );
  }
  try {
    return decodeTransaction(decodeText(text, encoding));
  } catch (error) {
    throw error instanceof UndecodableTransaction ? invalidParams(error.message) : error;
  }
}

function decodeText(text: string, encoding: "base58" | "base64"): Uint8Array {
  if (encoding === "base64") {
    const bytes = Buffer.from(text, "base64");
    if (bytes.toString("base64") === text) return bytes;
    throw new UndecodableTransaction("invalid base64 encoding");
  }
  try {
    return base58.decode(text);
  } catch {
    throw new UndecodableTransaction("invalid base58 encoding");
  }
}

/** Refuses what would fail now, as a node does unless told to skip it. */
function preflight(node: RpcNode, tx: WireTransaction, commitment: Commitment): void {
  const isKnown = node.chain.history.find(tx.signature) !== undefined;
  // At that commitment it is still to come; on the newest accounts, where it has been, it cannot be judged.
  if (isKnown && node.find(tx.signature, commitment) === undefined) return;
  const simulation = simulate(node, tx, commitment, true);
  if (simulation.error === null) return;
  if (simulation.error === "SignatureFailure") {
    throw new RpcError(RPC_CODES.signatureVerificationFailure, "Transaction signature verification failure");
  }
  throw new RpcError(
    RPC_CODES.sendTransactionPreflightFailure,
    `Transaction simulation failed: ${describeTransactionError(simulation.error)}`,
    { ...shownSimulation(simulation), accounts: null, innerInstructions: null, replacementBlockhash: null },
  );
}

/**
 * What executing it would give. Blockhash and duplicates are judged as the node sees them at the commitment, accounts
 * are always the newest.
 */
function simulate(
  node: RpcNode,
  tx: WireTransaction,
  commitment: Commitment,
  verifySignatures: boolean,
): Simulation {
  const refusal = refusalAt(node, tx, commitment);
  return refusal === null
    ? node.chain.simulate(tx.wire, verifySignatures)
    : { error: refusal, logs: [], unitsConsumed: 0n, returnData: null, calls: [], accounts: new Map() };
}

function refusalAt(node: RpcNode, tx: WireTransaction, commitment: Commitment): TransactionError | null {
  const hashSlot = node.chain.blockhashes.slotOf(tx.blockhash);
  if (hashSlot === undefined || hashSlot > node.slot(commitment)) return "BlockhashNotFound";
  const refusal = node.chain.refusalOf(tx);
  const isUnseen = refusal === "AlreadyProcessed" && node.find(tx.signature, commitment) === undefined;
  return isUnseen ? null : refusal;
}

function shownSimulation({ error, logs, unitsConsumed, returnData }: Simulation) {
  return {
    err: error,
    logs,
    unitsConsumed: Number(unitsConsumed),
    returnData: returnData === null ? null : returnDataOf(returnData),
  };
}

/**
 * Passes a transaction on to the leader, who puts it into the newest block, unless this node was told to do otherwise.
 * What a block cannot contain is silently dropped, as by a cluster.
 */
function forward(node: RpcNode, tx: WireTransaction): void {
  const { chain } = node;
  const rule = node.faults.onSend(candidateOf(node, tx));
  if (rule === undefined) chain.land(tx);
  else if (rule.kind === "delay") chain.at(chain.slot + rule.slots, () => chain.land(tx));
  else if (rule.kind === "fork") landOnFork(node, tx, rule);
}

function candidateOf(node: RpcNode, tx: WireTransaction): Candidate {
  return {
    signature: tx.signature,
    memo: memoOf(tx.message),
    addresses: () => {
      const loaded = node.chain.loadedAddresses(tx);
      return [...tx.staticKeys, ...loaded.writable, ...loaded.readonly];
    },
  };
}

function landOnFork(
  { chain }: RpcNode,
  tx: WireTransaction,
  rule: Extract<SendRule, { kind: "fork" }>,
): void {
  const landedIn = chain.slot;
  if (chain.land(tx).kind === "dropped") return;
  chain.at(landedIn + rule.afterSlots, () => {
    // The blocks from the one it landed in are replaced.
    chain.fork(landedIn - 1, new Set([tx.signature]));
    if (rule.relandAfterSlots !== undefined) {
      chain.at(chain.slot + rule.relandAfterSlots, () => chain.land(tx));
    }
  });
}
