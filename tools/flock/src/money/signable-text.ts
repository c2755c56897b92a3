/*
 * The texts that this network has wallets sign. A wallet's key signs no other, wherever it comes from: what resembles
 * none of them might be good for something elsewhere.
 */
import {
  type Fault,
  faultOfDelegation,
  faultOfOrder,
  readClaim,
  readDelegation,
  readSignIn,
  readUnstake,
  readWithdrawal,
} from "@flock/orders";
import { inLlama } from "./llama.js";

export interface SignableText {
  readonly kind: "sign-in" | "withdrawal" | "unstake" | "claim" | "worker";
  /** Address of the wallet that is to sign. */
  readonly signer: string;
  /** For people: what the signature is good for. */
  readonly what: string;
  /** Why it is good for nothing now; undefined: it is. */
  readonly lapsed: string | undefined;
}

/** Reads a text that is to be signed, with what is wrong with one that is none of ours. */
export function readSignable(text: string, nowMs: number): SignableText | Fault {
  const [title = ""] = text.split("\n", 1);
  if (!/^FlockOllamas | wants you to sign in /.test(title)) return { fault: "none begins like that" };
  switch (title) {
    case "FlockOllamas withdrawal":
      return known(readWithdrawal(text), (order) => ({
        kind: "withdrawal",
        signer: order.account,
        what: `sign a withdrawal of ${inLlama(order.amount)} LLAMA to ${order.to}`,
        lapsed: faultOfOrder(order, order.network, nowMs),
      }));
    case "FlockOllamas unstake":
      return known(readUnstake(text), (order) => ({
        kind: "unstake",
        signer: order.account,
        what: `sign that ${inLlama(order.amount)} LLAMA leave the stake`,
        lapsed: faultOfOrder(order, order.network, nowMs),
      }));
    case "FlockOllamas claim":
      return known(readClaim(text), (order) => ({
        kind: "claim",
        signer: order.account,
        what: `sign that the deposit ${order.deposit} is credited to ${order.to}`,
        lapsed: faultOfOrder(order, order.network, nowMs),
      }));
    case "FlockOllamas worker":
      return known(readDelegation(text), (delegation) => ({
        kind: "worker",
        signer: delegation.wallet,
        what: `sign that the key ${delegation.key} works in this wallet's name at ${delegation.api} and ${delegation.payout} is paid`,
        lapsed: faultOfDelegation(delegation, nowMs),
      }));
    default:
      return known(readSignIn(text), ({ address, uri, expiresMs, expirationTime }) => ({
        kind: "sign-in",
        signer: address,
        what: `sign in to ${uri}`,
        lapsed: expiresMs > nowMs ? undefined : `it lapsed at ${expirationTime}`,
      }));
  }
}

function known<Read extends object>(
  read: Read | Fault,
  signable: (read: Read) => SignableText,
): SignableText | Fault {
  return "fault" in read ? read : signable(read);
}
