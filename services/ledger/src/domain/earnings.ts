import type { MicroLlama } from "@flock/money";
import { vestedOf, walletOf } from "./account-code.js";
import type { Draft } from "./draft.js";
import type { OperationRule } from "./operation-rule.js";
import { hashOf } from "./request-hash.js";
import { transferId } from "./transfer.js";

/** Moves vested earnings into the wallet of the same key, to be spent on the network. */
export interface Collect {
  readonly kind: "collect";
  readonly requestId: string;
  readonly workerId: string;
  readonly amount: MicroLlama;
}
export type CollectOutcome =
  | { readonly kind: "collected"; readonly vested: MicroLlama; readonly available: MicroLlama }
  | { readonly kind: "insufficient_funds"; readonly available: MicroLlama }
  | { readonly kind: "conflict" };

/** Collects, unless that was done before. */
function planCollect(draft: Draft<"collect">, { requestId, workerId, amount }: Collect): CollectOutcome {
  const requestHash = hashOf([requestId, workerId, amount]);
  const [vested, wallet] = [vestedOf(workerId), walletOf(workerId)];
  const before = draft.transfer(transferId("collect", requestId));
  if (before === undefined) {
    const available = draft.available(vested);
    if (available < amount) return { kind: "insufficient_funds", available };
    draft.move({
      kind: "collect",
      phase: "single",
      debit: vested,
      credit: wallet,
      amount,
      businessId: requestId,
      requestHash,
    });
  } else if (before.requestHash !== requestHash) return { kind: "conflict" };
  return { kind: "collected", vested: draft.available(vested), available: draft.available(wallet) };
}

export const collectRule: OperationRule<Collect, CollectOutcome, "collect"> = {
  kind: "collect",
  makes: ["collect"],
  touches: ({ workerId }) => [vestedOf(workerId), walletOf(workerId)],
  opens: ({ workerId }) => [walletOf(workerId)],
  names: ({ requestId }) => [transferId("collect", requestId)],
  plan: planCollect,
};
