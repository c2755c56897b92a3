import { FlockError } from "@flock/errors";
import { type Fault, isSignedBy } from "@flock/orders";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { bodyOf } from "./json-route.js";
import { signature, text } from "./money-fields.js";
import type { MoneyGateway } from "./money-gateway.js";

const TEXT_LENGTH_MAX = 1_024;

const signedBody = z.object({ text: text(TEXT_LENGTH_MAX), signature });

/** A text that a wallet signed, which moves money out of an account as no session can. */
export interface SignedOrder<Order> {
  readonly text: string;
  readonly signature: Uint8Array;
  /** What the text says. Whether it is for this network, and has not lapsed, is not checked yet. */
  readonly order: Order;
}

/**
 * The order in a request's body. It is checked here, before any other part is asked, although the treasury does not
 * take our word for it: what nobody signed costs nobody else anything.
 * @throws FlockError `invalid_argument` for a text that is none, `unauthenticated` if it is not signed by the wallet
 *   that it names, `resource_exhausted` if that wallet signs too much.
 */
export async function signedOrderOf<Order extends { readonly account: string }>(
  request: FastifyRequest,
  read: (text: string) => Order | Fault,
  { openLimits }: MoneyGateway,
): Promise<SignedOrder<Order>> {
  const signed = await bodyOf(request, signedBody);
  const order = read(signed.text);
  if (isFault(order)) throw new FlockError("invalid_argument", order.fault);
  if (!isSignedBy(order.account, signed.text, signed.signature))
    throw new FlockError("unauthenticated", `the signature is not that of ${order.account} under this text`);
  openLimits.admitWallet(order.account);
  return { ...signed, order };
}

function isFault(read: object): read is Fault {
  return "fault" in read;
}
