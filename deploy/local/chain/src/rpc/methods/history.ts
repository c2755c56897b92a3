import { z } from "zod";
import { countWhile, type HistoryEntry } from "../../core/history.js";
import { STATUS_CACHE_SLOTS } from "../../genesis.js";
import { encodeTransaction, transactionEncodingSchema } from "../encode-transaction.js";
import type { Candidate } from "../faults.js";
import { type Method, method } from "../method.js";
import { addressSchema, commitmentSchema, signatureSchema, slotSchema } from "../params.js";
import { invalidParams, RPC_CODES, RpcError } from "../rpc-error.js";
import type { RpcNode } from "../rpc-node.js";

const SIGNATURES_MAX = 256;
const LIMIT_MAX = 1_000;

const historyCommitmentSchema = commitmentSchema.refine((value) => value !== "processed", {
  error: "Invalid params: Method does not support commitment below `confirmed`",
});

const transactionOptionsSchema = z.object({
  commitment: historyCommitmentSchema.nullish(),
  encoding: transactionEncodingSchema.nullish(),
  maxSupportedTransactionVersion: z.int().min(0).max(255).nullish(),
});

export const HISTORY_METHODS: Readonly<Record<string, Method>> = {
  getSignatureStatuses: method(
    z.tuple([
      z.array(signatureSchema),
      z.object({ searchTransactionHistory: z.boolean().nullish() }).nullish().optional(),
    ]),
    (node, [signatures, options]) => {
      if (signatures.length > SIGNATURES_MAX) {
        throw invalidParams(`Too many inputs provided; max ${SIGNATURES_MAX}`);
      }
      const slot = node.slot("processed");
      const found = signatures.flatMap((signature) => {
        const entry = node.find(signature, "processed");
        if (entry === undefined) return [];
        // Older ones are looked for on disk only if the client asks for it.
        return options?.searchTransactionHistory || slot - entry.slot <= STATUS_CACHE_SLOTS ? [entry] : [];
      });
      const shown = node.faults.shown("getSignatureStatuses", found, (entry) => candidateOf(node, entry));
      const bySignature = new Map(shown.map((entry) => [entry.signature, entry]));
      return node.at(
        slot,
        signatures.map((signature) => statusOf(node, bySignature.get(signature), slot)),
      );
    },
  ),

  getTransaction: method(
    z.tuple([
      signatureSchema,
      z.union([transactionOptionsSchema, transactionEncodingSchema]).nullish().optional(),
    ]),
    (node, [signature, given]) => {
      const options = typeof given === "string" ? { encoding: given } : given;
      const found = node.find(signature, options?.commitment ?? "finalized");
      const entries = found === undefined ? [] : [found];
      const [entry] = node.faults.shown("getTransaction", entries, (each) => candidateOf(node, each));
      if (entry === undefined) return null;
      const record = node.chain.history.record(entry);
      const versionMax = options?.maxSupportedTransactionVersion ?? undefined;
      if (record.version !== "legacy" && versionMax === undefined) {
        throw new RpcError(
          RPC_CODES.unsupportedTransactionVersion,
          `Transaction version (${record.version}) is not supported by the requesting client. Please try the request again with the following configuration parameter: "maxSupportedTransactionVersion": ${record.version}`,
        );
      }
      const encoded = encodeTransaction(record, options?.encoding ?? "json");
      return versionMax === undefined ? encoded : { ...encoded, version: record.version };
    },
  ),

  getSignaturesForAddress: method(
    z.tuple([
      addressSchema,
      z
        .object({
          limit: z.int().nullish(),
          before: signatureSchema.nullish(),
          until: signatureSchema.nullish(),
          commitment: historyCommitmentSchema.nullish(),
          minContextSlot: slotSchema.nullish(),
        })
        .nullish()
        .optional(),
    ]),
    (node, [address, options]) => {
      const limit = options?.limit ?? LIMIT_MAX;
      if (limit < 1 || limit > LIMIT_MAX) throw invalidParams(`Invalid limit; max ${LIMIT_MAX}`);
      const slot = node.slotFor(options);
      const page = pageOf(node, address, slot, { before: options?.before, until: options?.until, limit });
      const shown = node.faults.shown("getSignaturesForAddress", page, (entry) => candidateOf(node, entry));
      const listed = shown.map((entry) => ({
        signature: entry.signature,
        slot: entry.slot,
        err: entry.err,
        memo: entry.memo,
        blockTime: entry.blockTime,
        confirmationStatus: node.commitmentOf(entry),
      }));
      return listed.length > 0 && node.faults.takeRepeat() ? listed.flatMap((each) => [each, each]) : listed;
    },
  ),
};

function statusOf(node: RpcNode, entry: HistoryEntry | undefined, slot: number) {
  if (entry === undefined) return null;
  const confirmationStatus = node.commitmentOf(entry);
  return {
    slot: entry.slot,
    confirmations: confirmationStatus === "finalized" ? null : slot - entry.slot,
    err: entry.err,
    status: entry.err === null ? { Ok: null } : { Err: entry.err },
    confirmationStatus,
  };
}

function candidateOf(node: RpcNode, entry: HistoryEntry): Candidate {
  return {
    signature: entry.signature,
    memo: entry.memo,
    addresses: () => node.chain.history.record(entry).addresses,
  };
}

interface Page {
  readonly before: string | null | undefined;
  readonly until: string | null | undefined;
  readonly limit: number;
}

/**
 * Transactions of an address up to `slot`, newest first, older than `before` and newer than `until`. As on a validator
 * an unknown `before` gives nothing, and an unknown `until` bounds nothing.
 */
function pageOf(
  node: RpcNode,
  address: string,
  slot: number,
  { before, until, limit }: Page,
): HistoryEntry[] {
  const { history } = node.chain;
  const entries = history.ofAddress(address);
  let end = countWhile(entries, (entry) => entry.slot <= slot);
  if (before) {
    const bound = history.find(before);
    if (bound === undefined || bound.slot > slot) return [];
    end = Math.min(
      end,
      countWhile(entries, (entry) => entry.order < bound.order),
    );
  }
  const bound = until ? history.find(until) : undefined;
  const begin = bound === undefined ? 0 : countWhile(entries, (entry) => entry.order <= bound.order);
  return entries.slice(Math.max(begin, end - limit), end).reverse();
}
