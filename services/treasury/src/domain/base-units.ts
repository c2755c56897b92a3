import { FlockError } from "@flock/errors";
import { type MicroLlama, microLlama } from "@flock/money";

declare const unit: unique symbol;

/**
 * An amount as the mint counts it. Only the treasury knows them: everywhere else money is µLLAMA. The mint has six
 * decimals, so that one base unit is one µLLAMA; the brand keeps the two apart in case that ever changes.
 */
export type BaseUnits = bigint & { readonly [unit]: "base units" };

/** What the token program can hold: u64. */
const BASE_UNITS_MAX = 2n ** 64n - 1n;

/** Brands a number of base units; throws `invalid_argument` when it is not a u64. */
export function baseUnits(value: bigint): BaseUnits {
  if (value < 0n || value > BASE_UNITS_MAX)
    throw new FlockError("invalid_argument", `${value} base units do not fit the token program`);
  return value as BaseUnits;
}

/** The base units to be paid for an amount of LLAMA; exact. */
export function toBaseUnits(amount: MicroLlama): BaseUnits {
  return baseUnits(amount);
}

/** The amount of LLAMA that arrived as base units; exact. */
export function fromBaseUnits(units: BaseUnits): MicroLlama {
  return microLlama(units);
}
