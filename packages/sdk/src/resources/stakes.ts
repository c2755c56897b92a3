import type { MicroLlama } from "@flock/money";
import type { CallOptions, Transport } from "../client/transport.js";
import { amount, type Decoder, type IsoTime, object, orNull, text, time } from "../decoding/decoder.js";
import { newRequestId } from "../request-id.js";
import { type SignedText, signedBody } from "../signed-text.js";

/** How much, and by which id it is known if it has to be asked for again. */
export interface AmountRequest {
  readonly amountMicro: bigint;
  /** A UUID: a request with the same id has no second effect. Default: a fresh one for this call. */
  readonly id?: string | undefined;
}

export interface Staked {
  readonly id: string;
  readonly stakeMicro: MicroLlama;
  readonly availableMicro: MicroLlama;
}

export interface Unstaked {
  readonly id: string;
  readonly amountMicro: MicroLlama;
  readonly stakeMicro: MicroLlama;
  readonly releaseAt: IsoTime | null;
}

export interface StakesResource {
  /** With a session: from the wallet to the stake. */
  stake(request: AmountRequest, options?: CallOptions): Promise<Staked>;
  /** Begins the cooldown of what the text names. The same text again has no second effect. */
  unstake(signed: SignedText, options?: CallOptions): Promise<Unstaked>;
}

const staked: Decoder<Staked> = object<Staked>({ id: text, stakeMicro: amount, availableMicro: amount });
const unstaked: Decoder<Unstaked> = object<Unstaked>({
  id: text,
  amountMicro: amount,
  stakeMicro: amount,
  releaseAt: orNull(time),
});

export function stakesResource(transport: Transport): StakesResource {
  return {
    stake: (request, options) =>
      transport.ask(
        { method: "POST", path: "/stakes", body: amountBody(request), isRepeatable: true },
        staked,
        options,
      ),
    unstake: (signed, options) =>
      transport.ask(
        { method: "POST", path: "/unstakes", body: signedBody(signed), isRepeatable: true },
        unstaked,
        options,
      ),
  };
}

/** The body of a request that moves an amount once. */
export function amountBody({ amountMicro, id }: AmountRequest): Readonly<Record<string, unknown>> {
  return { id: id ?? newRequestId(), amount_micro: amountMicro };
}
