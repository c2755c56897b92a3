import { z } from "zod";
import {
  advanceSchema,
  failRuleSchema,
  hideRuleSchema,
  lagSchema,
  repeatSchema,
  rollbackSchema,
  sendRuleSchema,
  slotMsSchema,
} from "../control-requests.js";
import { type Method, method } from "../method.js";
import type { RpcNode } from "../rpc-node.js";

/**
 * The test controls. What they set belongs to the node that is asked, but for slots and forks, which are the chain's.
 */
export const CONTROL_METHODS: Readonly<Record<string, Method>> = {
  dev_advanceSlots: method(z.tuple([advanceSchema]), (node, [{ slots }]) => {
    node.chain.advance(slots);
    return node.chain.slot;
  }),

  dev_setSlotMs: method(z.tuple([slotMsSchema]), (node, [{ slotMs }]) => {
    node.clock.set(slotMs);
    return null;
  }),

  dev_rollback: method(z.tuple([rollbackSchema]), (node, [{ slots, excluding }]) => {
    const afterSlot = node.chain.slot - slots;
    const excluded = excluding ?? node.chain.history.after(afterSlot).map(({ signature }) => signature);
    return node.chain.fork(afterSlot, new Set(excluded));
  }),

  dev_onSend: method(z.tuple([sendRuleSchema]), (node, [rule]) => {
    node.faults.addSendRule(rule);
    return null;
  }),

  dev_fail: method(z.tuple([failRuleSchema]), (node, [rule]) => {
    node.faults.addFailRule(rule);
    return null;
  }),

  dev_hide: method(z.tuple([hideRuleSchema]), (node, [rule]) => {
    node.faults.addHideRule(rule);
    return null;
  }),

  dev_lag: method(z.tuple([lagSchema]), (node, [{ slots }]) => {
    node.faults.lagSlots = slots;
    return null;
  }),

  dev_repeatSignatures: method(z.tuple([repeatSchema]), (node, [{ times }]) => {
    node.faults.repeatSignatures(times);
    return null;
  }),

  dev_clearFaults: method(z.tuple([]), (node) => {
    node.faults.clear();
    return null;
  }),

  dev_state: method(z.tuple([]), stateOf),
};

function stateOf(node: RpcNode) {
  return {
    slot: node.chain.slot,
    slotMs: node.clock.slotMs,
    transactions: node.chain.history.size,
    faults: node.faults.pending(),
  };
}
