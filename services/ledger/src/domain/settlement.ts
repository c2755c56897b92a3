/*
 * What a completed job costs, and who gets it.
 *
 *   charge         = min(held, prompt tokens × prompt price + completion tokens × completion price)
 *   worker share   = floor(charge × worker share in bps / 10 000)
 *   protocol share = charge − worker share
 *
 * The dust of the division (below 1 µLLAMA a job) goes to the protocol: then the protocol's part is never less than
 * its rate, and cutting one job into many small ones never lowers the fee.
 * Example: 7 prompt tokens at 3 µLLAMA and 10 completion tokens at 8 µLLAMA cost 101; at 9 500 bps the worker gets 95,
 * the protocol 6. With only 60 held, the charge is 60: 57 and 3.
 */
import { BPS_PER_WHOLE, type MicroLlama, microLlama, mulDivFloor } from "@flock/money";

export interface Usage {
  readonly promptTokens: bigint;
  readonly completionTokens: bigint;
  /** µLLAMA per token. */
  readonly promptPrice: MicroLlama;
  readonly completionPrice: MicroLlama;
}

export interface Charge {
  readonly charge: MicroLlama;
  readonly workerShare: MicroLlama;
  readonly protocolShare: MicroLlama;
}

/** The charge for `usage` out of what was held, and its two shares; see the rule above. */
export function chargeFor(usage: Usage, held: MicroLlama, workerShareBps: number): Charge {
  const cost = usage.promptTokens * usage.promptPrice + usage.completionTokens * usage.completionPrice;
  const charge = cost < held ? microLlama(cost) : held;
  const workerShare = mulDivFloor(charge, BigInt(workerShareBps), BigInt(BPS_PER_WHOLE));
  return { charge, workerShare, protocolShare: microLlama(charge - workerShare) };
}
