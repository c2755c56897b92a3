import { FlockError } from "@flock/errors";

declare const unit: unique symbol;

/**
 * An amount of money in µLLAMA (1 LLAMA = 1 000 000 µLLAMA), always a whole number and always inside int64.
 * The brand keeps token counts and on-chain base units from being passed for money; arithmetic on it gives a plain
 * `bigint`, which {@link microLlama} checks and brands again.
 */
export type MicroLlama = bigint & { readonly [unit]: "µLLAMA" };

/** The bounds of a Postgres BIGINT and of a protobuf int64: no amount may leave them. */
export const MICRO_LLAMA_MAX = (2n ** 63n - 1n) as MicroLlama;
export const MICRO_LLAMA_MIN = -(2n ** 63n) as MicroLlama;

export const MICRO_PER_LLAMA = 1_000_000n;

/** 100 billion LLAMA, all that ever exists: 1e17 µLLAMA, which fits int64 and u64 but not a JavaScript number. */
export const TOTAL_SUPPLY = (100_000_000_000n * MICRO_PER_LLAMA) as MicroLlama;

export const ZERO = 0n as MicroLlama;

/**
 * Brands a whole number of µLLAMA.
 * @throws FlockError `invalid_argument` when it does not fit int64.
 */
export function microLlama(value: bigint): MicroLlama {
  if (value < MICRO_LLAMA_MIN || value > MICRO_LLAMA_MAX) {
    throw new FlockError("invalid_argument", `the amount ${value} µLLAMA does not fit 64 bits`);
  }
  return value as MicroLlama;
}

/** The smaller of two amounts. */
export function minMicro(a: MicroLlama, b: MicroLlama): MicroLlama {
  return a < b ? a : b;
}
