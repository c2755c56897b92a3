import type { MicroLlama } from "@flock/money";
import type { CallOptions, Transport } from "../client/transport.js";
import { amount, count, type Decoder, list, object, text, whole } from "../decoding/decoder.js";

/** What the treasury holds and what is owed. The fields are the api's word for what is in `statement`. */
export interface Reserves {
  /** What is signed. */
  readonly statement: string;
  /** In base58. */
  readonly signature: string;
  readonly signer: string;
  readonly onChainMicro: MicroLlama;
  readonly slot: number;
  readonly inFlightMicro: MicroLlama;
  readonly uncreditedMicro: MicroLlama;
  readonly ledgerPosition: bigint;
  readonly ledgerHash: string;
  readonly liabilities: readonly { readonly kind: string; readonly sumMicro: MicroLlama }[];
}

export interface ReservesResource {
  get(options?: CallOptions): Promise<Reserves>;
}

const reserves: Decoder<Reserves> = object<Reserves>({
  statement: text,
  signature: text,
  signer: text,
  onChainMicro: amount,
  slot: whole,
  inFlightMicro: amount,
  uncreditedMicro: amount,
  ledgerPosition: count,
  ledgerHash: text,
  liabilities: list(object<Reserves["liabilities"][number]>({ kind: text, sumMicro: amount })),
});

export function reservesResource(transport: Transport): ReservesResource {
  return { get: (options) => transport.ask({ method: "GET", path: "/reserves" }, reserves, options) };
}
