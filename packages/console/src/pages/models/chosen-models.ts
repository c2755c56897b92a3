import { microOf } from "../../format/amount.js";
import type { Model } from "./model.js";

/** The ways to order the list, in the words of its filter; the first is the default. */
export const SORTS = {
  soon: "Soonest first",
  name: "By name",
  price: "Cheapest answer first",
  speed: "Most tokens per second first",
  first: "Quickest first token",
  context: "Largest context first",
  waiting: "Longest queue first",
} as const;

export type Sort = keyof typeof SORTS;

export interface Choice {
  /** In the name. */
  readonly sought: string;
  /** A capability; empty: any. */
  readonly can: string;
  readonly isWarmOnly: boolean;
  readonly sort: Sort;
}

/** The models that the filters leave, in order; what is not known comes last. */
export function chosenModels(models: readonly Model[], choice: Choice): readonly Model[] {
  const sought = choice.sought.trim().toLowerCase();
  const size = SIZES[choice.sort];
  return models
    .filter(
      ({ name, capabilities, workers }) =>
        name.toLowerCase().includes(sought) &&
        (choice.can === "" || capabilities.includes(choice.can)) &&
        (!choice.isWarmOnly || (workers?.warm ?? 0) > 0),
    )
    .map((model) => ({ model, sizes: size(model) }))
    .sort((a, b) => compared(a.sizes, b.sizes) || (a.model.name < b.model.name ? -1 : 1))
    .map(({ model }) => model);
}

export function isSort(text: string): text is Sort {
  return Object.hasOwn(SORTS, text);
}

/** By what each order goes, the smallest first; `undefined`: not known. */
const SIZES: Record<Sort, (model: Model) => readonly (number | undefined)[]> = {
  soon: (model) => [model.is_available ? 0 : 1, coldness(model), model.wait_ms?.p50],
  name: () => [],
  price: ({ completion_price_micro: price }) => [Number(microOf(price) ?? Number.NaN)],
  speed: ({ tokens_per_second: speed }) => [speed === null ? undefined : -speed.p50],
  first: ({ first_token_ms: first }) => [first?.p50],
  context: ({ context_length: context }) => [context === null ? undefined : -context],
  waiting: ({ waiting }) => [waiting === null ? undefined : -waiting],
};

/** A model that is in memory somewhere answers sooner than one that has to be loaded. */
function coldness({ workers }: Model): number {
  return workers === null ? 1 : workers.warm > 0 ? 0 : 2;
}

function compared(a: readonly (number | undefined)[], b: readonly (number | undefined)[]): number {
  for (const [index, left] of a.entries()) {
    const difference = (left ?? Number.MAX_VALUE) - (b[index] ?? Number.MAX_VALUE);
    if (difference !== 0 && !Number.isNaN(difference)) return difference;
  }
  return 0;
}
