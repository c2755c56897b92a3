import { FlockError } from "@flock/errors";
import { type Fault, isSignedBy } from "@flock/orders";
import type { MoneyGateway } from "./money-gateway.js";

/** A text that a wallet signed, which moves money out of an account as no session can. */
export interface SignedText {
  readonly text: string;
  readonly signature: Uint8Array;
}

/**
 * What a signed text orders. It is checked here, before any other part is asked, although the treasury does not take
 * our word for it: what nobody signed costs nobody else anything. Whether it is for this network, and has not lapsed,
 * is not checked yet.
 * @throws FlockError `invalid_argument` for a text that is none, `unauthenticated` if it is not signed by the wallet
 *   that it names, `resource_exhausted` if that wallet signs too much.
 */
export function signedOrder<Order extends { readonly account: string }>(
  { text, signature }: SignedText,
  read: (text: string) => Order | Fault,
  { openLimits }: MoneyGateway,
): Order {
  const order = read(text);
  if (isFault(order)) throw new FlockError("invalid_argument", order.fault);
  if (!isSignedBy(order.account, text, signature))
    throw new FlockError("unauthenticated", `the signature is not that of ${order.account} under this text`);
  openLimits.admitWallet(order.account);
  return order;
}

function isFault(read: object): read is Fault {
  return "fault" in read;
}
