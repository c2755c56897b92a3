import { base58 } from "@scure/base";
import { z } from "zod";
import { encodeAccount } from "../encode-account.js";
import { type Method, method } from "../method.js";
import {
  type AccountOptions,
  accountOptionsSchema,
  accountOptionsShape,
  addressSchema,
  contextSchema,
  slotSchema,
} from "../params.js";
import { invalidParams } from "../rpc-error.js";
import type { RpcNode } from "../rpc-node.js";
import { decimalsAt } from "./tokens.js";

const ADDRESSES_MAX = 100;
const FILTERS_MAX = 4;

const filterSchema = z.union([
  z.object({ dataSize: slotSchema }),
  z.object({
    memcmp: z.object({
      offset: slotSchema,
      bytes: z.string().max(1_000),
      encoding: z.enum(["base58", "base64"]).nullish(),
    }),
  }),
]);

type Filter = z.infer<typeof filterSchema>;

/** The account at `address` as of `slot`, encoded as asked; `binary` (bare base58) unless asked. */
export function shownAccount(node: RpcNode, address: string, slot: number, options: AccountOptions) {
  const encoding = options?.encoding ?? "binary";
  const account = node.account(address, slot);
  return encodeAccount(account, { encoding, dataSlice: options?.dataSlice }, decimalsAt(node, slot));
}

export const ACCOUNT_METHODS: Readonly<Record<string, Method>> = {
  getAccountInfo: method(
    z.tuple([addressSchema, accountOptionsSchema.optional()]),
    (node, [address, options]) => {
      const slot = node.slotFor(options);
      return node.at(slot, shownAccount(node, address, slot, options));
    },
  ),

  getMultipleAccounts: method(
    z.tuple([z.array(addressSchema), accountOptionsSchema.optional()]),
    (node, [addresses, options]) => {
      if (addresses.length > ADDRESSES_MAX) {
        throw invalidParams(`Too many inputs provided; max ${ADDRESSES_MAX}`);
      }
      const slot = node.slotFor(options);
      const asked = { ...options, encoding: options?.encoding ?? ("base64" as const) };
      return node.at(
        slot,
        addresses.map((address) => shownAccount(node, address, slot, asked)),
      );
    },
  ),

  getBalance: method(z.tuple([addressSchema, contextSchema.optional()]), (node, [address, options]) => {
    const slot = node.slotFor(options);
    return node.at(slot, node.account(address, slot)?.lamports ?? 0);
  }),

  getProgramAccounts: method(
    z.tuple([
      addressSchema,
      z
        .object({
          ...accountOptionsShape,
          withContext: z.boolean().nullish(),
          filters: z.array(filterSchema).max(FILTERS_MAX).nullish(),
        })
        .nullish()
        .optional(),
    ]),
    (node, [program, options]) => {
      const slot = node.slotFor(options);
      const found = node.chain.programAccounts(program).flatMap((pubkey) => {
        const image = node.account(pubkey, slot);
        if (image === null || !(options?.filters ?? []).every((filter) => passes(image.data, filter)))
          return [];
        return [{ pubkey, account: shownAccount(node, pubkey, slot, options) }];
      });
      return options?.withContext ? node.at(slot, found) : found;
    },
  ),

  getMinimumBalanceForRentExemption: method(
    z.tuple([slotSchema.max(10 * 1024 * 1024), contextSchema.optional()]),
    (node, [dataBytes]) => node.chain.rentExemptLamports(dataBytes),
  ),
};

function passes(data: Uint8Array, filter: Filter): boolean {
  if ("dataSize" in filter) return data.length === filter.dataSize;
  const { offset, bytes, encoding } = filter.memcmp;
  const wanted = decodeBytes(bytes, encoding ?? "base58");
  return Buffer.from(data.subarray(offset, offset + wanted.length)).equals(wanted);
}

function decodeBytes(text: string, encoding: "base58" | "base64"): Buffer {
  if (encoding === "base64") return Buffer.from(text, "base64");
  try {
    return Buffer.from(base58.decode(text));
  } catch {
    throw invalidParams("Invalid param: invalid base58 in memcmp");
  }
}
