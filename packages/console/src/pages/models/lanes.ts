import type { Model } from "./model.js";

const LANES_MAX = 6;
/** More blocks beside each other say no more, and are no longer counted by eye. */
const BLOCKS_MAX = 24;

/** The queue of one model before its slots, as it is drawn. */
export interface Lane {
  readonly model: Model;
  readonly blocks: number;
  readonly busy: number;
  readonly free: number;
  /** Shares of the wait scale. */
  readonly wait: { readonly from: number; readonly to: number } | null;
}

export interface Lanes {
  readonly lanes: readonly Lane[];
  /** How many requests a block stands for, and how many slots a cell; the same in all lanes. */
  readonly perBlock: number;
  readonly perSlot: number;
  /** The end of the wait scale; `null`: no wait was measured. */
  readonly waitMaxMs: number | null;
}

/** The models with the longest queues, then the busiest: those of which the picture says something. */
export function lanesOf(models: readonly Model[]): Lanes {
  const shown = models
    .filter(({ slots }) => slots !== null)
    .sort((a, b) => (b.waiting ?? 0) - (a.waiting ?? 0) || busyOf(b) - busyOf(a) || allOf(b) - allOf(a))
    .slice(0, LANES_MAX);
  const perBlock = unit(shown.map(({ waiting }) => waiting ?? 0));
  const perSlot = unit(shown.map(allOf));
  const longest = Math.max(0, ...shown.map(({ wait_ms }) => wait_ms?.p90 ?? 0));
  const waitMaxMs = longest === 0 ? null : roundUp(longest);
  const lanes = shown.map((model): Lane => {
    const cells = Math.ceil(allOf(model) / perSlot);
    const busy = Math.min(cells, Math.ceil(busyOf(model) / perSlot));
    const { wait_ms: wait } = model;
    return {
      model,
      blocks: Math.ceil((model.waiting ?? 0) / perBlock),
      busy,
      free: cells - busy,
      wait: wait && waitMaxMs !== null ? { from: wait.p50 / waitMaxMs, to: wait.p90 / waitMaxMs } : null,
    };
  });
  return { lanes, perBlock, perSlot, waitMaxMs };
}

function unit(counts: readonly number[]): number {
  return Math.max(1, Math.ceil(Math.max(0, ...counts) / BLOCKS_MAX));
}

function allOf({ slots }: Model): number {
  return slots?.all ?? 0;
}

function busyOf({ slots }: Model): number {
  return slots?.busy ?? 0;
}

/** To 1, 2 or 5 of a power of ten. */
function roundUp(ms: number): number {
  const power = 10 ** Math.floor(Math.log10(ms));
  return ([1, 2, 5].find((step) => ms <= step * power) ?? 10) * power;
}
