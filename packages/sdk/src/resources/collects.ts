import type { MicroLlama } from "@flock/money";
import type { CallOptions, Transport } from "../client/transport.js";
import { amount, type Decoder, object, text } from "../decoding/decoder.js";
import { type AmountRequest, amountBody } from "./stakes.js";

export interface Collected {
  readonly id: string;
  /** What is left of the vested earnings. */
  readonly vestedMicro: MicroLlama;
  readonly availableMicro: MicroLlama;
}

export interface CollectsResource {
  /** With a session: from the vested earnings into the wallet of the same key. */
  collect(request: AmountRequest, options?: CallOptions): Promise<Collected>;
}

const collected: Decoder<Collected> = object<Collected>({
  id: text,
  vestedMicro: amount,
  availableMicro: amount,
});

export function collectsResource(transport: Transport): CollectsResource {
  return {
    collect: (request, options) =>
      transport.ask(
        { method: "POST", path: "/collects", body: amountBody(request), isRepeatable: true },
        collected,
        options,
      ),
  };
}
