import { z } from "zod";
import { exactJson } from "./exact-json.js";
import { shownAccount } from "./methods/accounts.js";
import type { Commitment } from "./params.js";
import { accountOptionsSchema, addressSchema, commitmentSchema, signatureSchema } from "./params.js";
import { invalidParams } from "./rpc-error.js";
import type { RpcNode } from "./rpc-node.js";

/** Sends a notification of one subscription: `slotNotification`, …. */
export type Notify = (method: string, result: unknown) => void;

/** What a subscription does whenever the chain has moved. True: it has told all it ever will. */
export type Subscription = (node: RpcNode, notify: Notify) => boolean;

type Subscribe = (node: RpcNode, params: unknown) => Subscription;

const signatureParams = z.tuple([
  signatureSchema,
  z
    .object({ commitment: commitmentSchema.nullish(), enableReceivedNotification: z.boolean().nullish() })
    .nullish()
    .optional(),
]);
const accountParams = z.tuple([addressSchema, accountOptionsSchema.optional()]);
const logsParams = z.tuple([
  z.union([z.enum(["all", "allWithVotes"]), z.object({ mentions: z.array(addressSchema).length(1) })]),
  z.object({ commitment: commitmentSchema.nullish() }).nullish().optional(),
]);

/** By the method that begins it. */
export const SUBSCRIPTIONS: Readonly<Record<string, Subscribe>> = {
  signatureSubscribe(_node, params) {
    const [signature, options] = parse(signatureParams, params);
    return onSignature(signature, options?.commitment ?? "finalized");
  },
  slotSubscribe: (node) => onSlot(node),
  rootSubscribe: (node) => onRoot(node),
  accountSubscribe(node, params) {
    const [address, options] = parse(accountParams, params);
    return onAccount(node, address, options);
  },
  logsSubscribe(node, params) {
    const [filter, options] = parse(logsParams, params);
    const mentions = typeof filter === "string" ? undefined : filter.mentions[0];
    return onLogs(node, mentions, options?.commitment ?? "finalized");
  },
};

function parse<Schema extends z.ZodType>(schema: Schema, params: unknown): z.output<Schema> {
  const parsed = schema.safeParse(params ?? []);
  if (parsed.success) return parsed.data;
  throw invalidParams(`Invalid params: ${parsed.error.issues[0]?.message ?? "wrong shape"}`);
}

/** Tells once, when the transaction has reached the commitment. */
function onSignature(signature: string, commitment: Commitment): Subscription {
  return (node, notify) => {
    const entry = node.find(signature, commitment);
    if (entry === undefined) return false;
    notify("signatureNotification", node.at(node.slot(commitment), { err: entry.err }));
    return true;
  };
}

function onSlot(node: RpcNode): Subscription {
  let told = node.slot("processed");
  return (current, notify) => {
    const slot = current.slot("processed");
    if (slot > told) {
      notify("slotNotification", { slot, parent: slot - 1, root: current.slot("finalized") });
      told = slot;
    }
    return false;
  };
}

function onRoot(node: RpcNode): Subscription {
  let told = node.slot("finalized");
  return (current, notify) => {
    const root = current.slot("finalized");
    if (root > told) notify("rootNotification", root);
    told = Math.max(told, root);
    return false;
  };
}

/** Tells whenever the account has changed at the commitment. */
function onAccount(
  node: RpcNode,
  address: string,
  options: z.output<typeof accountOptionsSchema>,
): Subscription {
  const show = (at: RpcNode) => shownAccount(at, address, at.slot(options?.commitment), options);
  let told = exactJson(show(node));
  return (current, notify) => {
    const shown = show(current);
    const text = exactJson(shown);
    if (text !== told) notify("accountNotification", current.at(current.slot(options?.commitment), shown));
    told = text;
    return false;
  };
}

/** Tells the logs of every transaction (of those that name an address) that reaches the commitment. */
function onLogs(node: RpcNode, mentions: string | undefined, commitment: Commitment): Subscription {
  let toldSlot = node.slot(commitment);
  let told = new Set(node.chain.history.after(toldSlot - 1).map(({ signature }) => signature));
  return (current, notify) => {
    const slot = current.slot(commitment);
    const inSlot = new Set<string>();
    for (const entry of current.chain.history.after(toldSlot - 1)) {
      if (entry.slot > slot) break;
      if (entry.slot === slot) inSlot.add(entry.signature);
      if (told.has(entry.signature)) continue;
      const record = current.chain.history.record(entry);
      if (mentions !== undefined && !record.addresses.includes(mentions)) continue;
      const { err, logMessages } = record.meta;
      notify(
        "logsNotification",
        current.at(entry.slot, { signature: entry.signature, err, logs: logMessages }),
      );
    }
    told = slot === toldSlot ? new Set([...told, ...inSlot]) : inSlot;
    toldSlot = slot;
    return false;
  };
}
