import type { MicroLlama } from "@flock/money";
import type { CallOptions, Transport } from "../client/transport.js";
import {
  amount,
  count,
  type Decoder,
  type IsoTime,
  object,
  oneOf,
  orNull,
  text,
  time,
} from "../decoding/decoder.js";
import { type Pages, pagesOf } from "../pages.js";

/** A movement of LLAMA in the ledger. */
export interface Transfer {
  readonly id: string;
  /** What it was for. */
  readonly kind: string;
  readonly phase: "single" | "pending" | "post" | "void" | "expire" | "unknown";
  readonly debit: string;
  readonly credit: string;
  readonly amountMicro: MicroLlama;
  /** Of what it was for: a job, a deposit, … */
  readonly businessId: string;
  /** Its place in the ledger. */
  readonly sequence: bigint;
  readonly createdAt: IsoTime | null;
}

export type StatementAccount = "wallet" | "earnings" | "vested" | "stake" | "cooling";

export interface StatementResource {
  /** Newest first. */
  list(query?: { readonly account?: StatementAccount | undefined }, options?: CallOptions): Pages<Transfer>;
}

const transfer: Decoder<Transfer> = object<Transfer>({
  id: text,
  kind: text,
  phase: oneOf(["single", "pending", "post", "void", "expire"]),
  debit: text,
  credit: text,
  amountMicro: amount,
  businessId: text,
  sequence: count,
  createdAt: orNull(time),
});

export function statementResource(transport: Transport): StatementResource {
  return {
    list: ({ account } = {}, options) =>
      pagesOf(
        transport,
        { path: "/statement", query: { account }, rows: "transfers", row: transfer },
        options,
      ),
  };
}
