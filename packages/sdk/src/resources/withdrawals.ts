import type { MicroLlama } from "@flock/money";
import type { CallOptions, Transport } from "../client/transport.js";
import {
  amount,
  type Decoder,
  flag,
  type IsoTime,
  inside,
  object,
  oneOf,
  orNull,
  text,
  time,
} from "../decoding/decoder.js";
import { type Pages, pagesOf } from "../pages.js";
import { type SignedText, signedBody } from "../signed-text.js";

export interface Withdrawal {
  readonly id: string;
  readonly ledgerAccount: string;
  readonly recipient: string;
  readonly amountMicro: MicroLlama;
  readonly state:
    | "requested"
    | "refused"
    | "reserved"
    | "batched"
    | "paid"
    | "posted"
    | "rejected"
    | "voided"
    | "unknown";
  /** Nothing will change any more. */
  readonly isFinal: boolean;
  /** Of the transfer on chain. */
  readonly signature: string | null;
  /** Why it was refused or rejected. */
  readonly reason: string;
  readonly createdAt: IsoTime | null;
  readonly updatedAt: IsoTime | null;
}

export interface WithdrawalsResource {
  /** Newest first. */
  list(
    query?: { readonly account?: "wallet" | "vested" | undefined },
    options?: CallOptions,
  ): Pages<Withdrawal>;
  get(id: string, options?: CallOptions): Promise<Withdrawal>;
  /** Hands in a withdrawal. The same text again has no second effect; null: it is taken, and not told of yet. */
  create(signed: SignedText, options?: CallOptions): Promise<Withdrawal | null>;
}

const withdrawal: Decoder<Withdrawal> = object<Withdrawal>({
  id: text,
  ledgerAccount: text,
  recipient: text,
  amountMicro: amount,
  state: oneOf(["requested", "refused", "reserved", "batched", "paid", "posted", "rejected", "voided"]),
  isFinal: flag,
  signature: orNull(text),
  reason: text,
  createdAt: orNull(time),
  updatedAt: orNull(time),
});

export function withdrawalsResource(transport: Transport): WithdrawalsResource {
  return {
    list: ({ account } = {}, options) =>
      pagesOf(
        transport,
        { path: "/withdrawals", query: { account }, rows: "withdrawals", row: withdrawal },
        options,
      ),
    get: (id, options) =>
      transport.ask(
        { method: "GET", path: `/withdrawals/${encodeURIComponent(id)}` },
        inside("withdrawal", withdrawal),
        options,
      ),
    create: (signed, options) =>
      transport.ask(
        { method: "POST", path: "/withdrawals", body: signedBody(signed), isRepeatable: true },
        inside("withdrawal", orNull(withdrawal)),
        options,
      ),
  };
}
