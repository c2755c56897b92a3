import type { UseQueryResult } from "@tanstack/react-query";
import { useOpen } from "../../../data/queries.js";
import { microOf } from "../../../format/amount.js";
import type { TokenPrices } from "./at-most.js";
import type { Spread } from "./waiting-words.js";

/** As `GET /flock/v1/models` has it; figures are `null` where they are not known. */
export interface ChatModel {
  readonly name: string;
  readonly context_length: number | null;
  readonly capabilities: readonly string[];
  readonly prompt_price_micro: string;
  readonly completion_price_micro: string;
  readonly is_available: boolean;
  readonly workers?: { readonly all: number; readonly warm: number } | null;
  readonly slots?: { readonly all: number; readonly busy: number } | null;
  readonly waiting?: number | null;
  readonly wait_ms?: Spread | null;
  readonly first_token_ms?: Spread | null;
  readonly tokens_per_second?: Spread | null;
}

interface Models {
  readonly models: readonly ChatModel[];
}

const CALM_MS = 10_000;
const WAITING_MS = 2_000;

/** @param isWaiting Somebody waits for a worker, and wants to see the queue move. */
export function useModels(isWaiting: boolean): UseQueryResult<Models> {
  return useOpen<Models>("/flock/v1/models", { every: isWaiting ? WAITING_MS : CALM_MS });
}

/** Those that one can talk with. */
export function chatModels(models: readonly ChatModel[]): readonly ChatModel[] {
  return models.filter(({ capabilities }) => capabilities.includes("completion"));
}

export function pricesOf(model: ChatModel): TokenPrices | null {
  const promptMicro = microOf(model.prompt_price_micro);
  const completionMicro = microOf(model.completion_price_micro);
  return promptMicro === null || completionMicro === null ? null : { promptMicro, completionMicro };
}

export function isWarm({ is_available, workers }: ChatModel): boolean {
  return is_available && (workers?.warm ?? 0) > 0;
}

/** Whether a request would begin at once, as far as is known. */
export function isFree(model: ChatModel): boolean {
  const { slots, waiting } = model;
  return model.is_available && (waiting ?? 0) === 0 && (slots == null || slots.busy < slots.all);
}

type ModelGroup = "Pinned" | "Warm" | "Loads first" | "Not available now";

/** Pinned ones first, then warm ones, by price; what cannot be used now is last and apart. */
export function groupedModels(
  models: readonly ChatModel[],
  pinned: readonly string[],
): readonly { readonly value: ModelGroup; readonly items: readonly ChatModel[] }[] {
  const groupOf = (model: ChatModel): ModelGroup => {
    if (!model.is_available) return "Not available now";
    if (pinned.includes(model.name)) return "Pinned";
    return isWarm(model) ? "Warm" : "Loads first";
  };
  const groups: readonly ModelGroup[] = ["Pinned", "Warm", "Loads first", "Not available now"];
  const sorted = [...models].sort(cheapestFirst);
  return groups
    .map((value) => ({ value, items: sorted.filter((model) => groupOf(model) === value) }))
    .filter(({ items }) => items.length > 0);
}

/** The cheapest warm one, else the cheapest that can be used. */
export function suggestedModel(models: readonly ChatModel[]): ChatModel | null {
  const usable = models.filter(({ is_available }) => is_available);
  const warm = usable.filter(isWarm);
  return [...(warm.length > 0 ? warm : usable)].sort(cheapestFirst)[0] ?? null;
}

function cheapestFirst(a: ChatModel, b: ChatModel): number {
  const [first, second] = [a, b].map((model) => microOf(model.completion_price_micro) ?? 0n);
  if (first === undefined || second === undefined || first === second)
    return a.name.localeCompare(b.name, "en");
  return first < second ? -1 : 1;
}
