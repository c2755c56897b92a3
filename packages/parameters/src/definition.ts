import { MICRO_PER_LLAMA, type MicroLlama, microLlama } from "@flock/money";

/** The parts of the network that act on a parameter. */
export type Reader = "api" | "ledger" | "router" | "treasury" | "verifier";

interface Definition {
  /** What it does, in one or two sentences for those who vote on it. */
  readonly does: string;
  readonly readBy: readonly Reader[];
}

/** A whole number in JSON; `min` and `max` are legal themselves. */
export interface IntegerParameter extends Definition {
  readonly kind: "integer";
  readonly unit: string;
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

/** Money, a string of whole µLLAMA in JSON; `min` and `max` are legal themselves. */
export interface MoneyParameter extends Definition {
  readonly kind: "money";
  readonly unit: string;
  readonly default: MicroLlama;
  readonly min: MicroLlama;
  readonly max: MicroLlama;
}

/** Yes or no. */
export interface SwitchParameter extends Definition {
  readonly kind: "switch";
  readonly default: boolean;
}

export type ParameterDefinition = IntegerParameter | MoneyParameter | SwitchParameter;

/** What a parameter's value is in TypeScript. */
export type ValueOf<D extends ParameterDefinition> = D extends IntegerParameter
  ? number
  : D extends MoneyParameter
    ? MicroLlama
    : boolean;

type Range<T> = readonly [min: T, max: T];

/** Declares a whole number, in `unit`, with its default and its legal range. */
export function integer(
  unit: string,
  initial: number,
  [min, max]: Range<number>,
  rest: Definition,
): IntegerParameter {
  return { kind: "integer", unit, default: initial, min, max, ...rest };
}

/** Declares an amount, default and range in µLLAMA; `unit` says more if it is a price. */
export function money(
  unit: string,
  initial: MicroLlama,
  [min, max]: Range<MicroLlama>,
  rest: Definition,
): MoneyParameter {
  return { kind: "money", unit, default: initial, min, max, ...rest };
}

/** Declares a switch. */
export function toggle(initial: boolean, rest: Definition): SwitchParameter {
  return { kind: "switch", default: initial, ...rest };
}

/** An amount of whole LLAMA. */
export function llama(whole: bigint): MicroLlama {
  return microLlama(whole * MICRO_PER_LLAMA);
}

/** An amount of whole µLLAMA. */
export function micro(whole: bigint): MicroLlama {
  return microLlama(whole);
}
