import { TOKEN_PROGRAMS } from "@flock/solana";
import { z } from "zod";
import { type TokenState, tokenStateOf, uiTokenAmount } from "../../core/token-account.js";
import { encodeAccount } from "../encode-account.js";
import { type Method, method } from "../method.js";
import {
  accountOptionsSchema,
  addressSchema,
  contextSchema,
  type TokenFilter,
  tokenFilterSchema,
} from "../params.js";
import { invalidParams } from "../rpc-error.js";
import type { RpcNode } from "../rpc-node.js";

const LARGEST_ACCOUNTS = 20;

/** Finds a mint's decimals as of a slot. */
export function decimalsAt(node: RpcNode, slot: number): (mint: string) => number | undefined {
  return (mint) => {
    const state = tokenStateOf(node.account(mint, slot));
    return state?.type === "mint" ? state.decimals : undefined;
  };
}

export const TOKEN_METHODS: Readonly<Record<string, Method>> = {
  getTokenAccountBalance: method(
    z.tuple([addressSchema, contextSchema.optional()]),
    (node, [address, options]) => {
      const slot = node.slotFor(options);
      const state = tokenStateOf(existing(node, address, slot));
      const decimals = state?.type === "account" ? decimalsAt(node, slot)(state.mint) : undefined;
      if (state?.type !== "account" || decimals === undefined) {
        throw invalidParams("Invalid param: not a Token account");
      }
      return node.at(slot, uiTokenAmount(state.amount, decimals));
    },
  ),

  getTokenSupply: method(z.tuple([addressSchema, contextSchema.optional()]), (node, [address, options]) => {
    const slot = node.slotFor(options);
    const mint = existingMint(node, address, slot);
    return node.at(slot, uiTokenAmount(mint.supply, mint.decimals));
  }),

  getTokenLargestAccounts: method(
    z.tuple([addressSchema, contextSchema.optional()]),
    (node, [address, options]) => {
      const slot = node.slotFor(options);
      const mint = existingMint(node, address, slot);
      const found = node.chain.programAccounts(mint.program).flatMap((each) => {
        const state = tokenStateOf(node.account(each, slot));
        return state?.type === "account" && state.mint === address
          ? [{ address: each, amount: state.amount }]
          : [];
      });
      found.sort((a, b) => (a.amount < b.amount ? 1 : -1));
      const largest = found.slice(0, LARGEST_ACCOUNTS).map(({ address: each, amount }) => {
        return { address: each, ...uiTokenAmount(amount, mint.decimals) };
      });
      return node.at(slot, largest);
    },
  ),

  getTokenAccountsByOwner: method(
    z.tuple([addressSchema, tokenFilterSchema, accountOptionsSchema.optional()]),
    (node, [owner, filter, options]) => {
      const slot = node.slotFor(options);
      const { program, mint } = resolveFilter(node, filter, slot);
      const encoding = { encoding: options?.encoding ?? "binary", dataSlice: options?.dataSlice } as const;
      const found = node.chain.tokens.candidates(owner).flatMap((pubkey) => {
        const image = node.account(pubkey, slot);
        const state = tokenStateOf(image);
        if (state?.type !== "account" || state.owner !== owner || state.program !== program) return [];
        if (mint !== undefined && state.mint !== mint) return [];
        return [{ pubkey, account: encodeAccount(image, encoding, decimalsAt(node, slot)) }];
      });
      return node.at(slot, found);
    },
  ),
};

function existing(node: RpcNode, address: string, slot: number) {
  const account = node.account(address, slot);
  if (account === null) throw invalidParams("Invalid param: could not find account");
  return account;
}

function existingMint(node: RpcNode, address: string, slot: number): Extract<TokenState, { type: "mint" }> {
  const state = tokenStateOf(existing(node, address, slot));
  if (state?.type !== "mint") throw invalidParams("Invalid param: not a Token mint");
  return state;
}

function resolveFilter(
  node: RpcNode,
  filter: TokenFilter,
  slot: number,
): { readonly program: string; readonly mint?: string } {
  if ("mint" in filter) {
    const account = node.account(filter.mint, slot);
    if (account === null) throw invalidParams("Invalid param: could not find mint");
    return { program: existingMint(node, filter.mint, slot).program, mint: filter.mint };
  }
  if (!TOKEN_PROGRAMS.includes(filter.programId)) {
    throw invalidParams("Invalid param: unrecognized Token program id");
  }
  return { program: filter.programId };
}
