/** Of measurements: half of them, and nine of ten, have at most this. */
export interface Spread {
  readonly p50: number;
  readonly p90: number;
  readonly n: number;
}

/**
 * A model as `GET /flock/v1/models` tells of it. `null`: not known, or of fewer workers or answers than are told of.
 */
export interface Model {
  readonly name: string;
  readonly digest: string;
  readonly context_length: number | null;
  readonly capabilities: readonly string[];
  readonly prompt_price_micro: string;
  readonly completion_price_micro: string;
  readonly is_checked: boolean;
  readonly is_available: boolean;
  readonly workers: { readonly all: number; readonly warm: number } | null;
  readonly slots: { readonly all: number; readonly busy: number } | null;
  readonly waiting: number | null;
  readonly wait_ms: Spread | null;
  readonly first_token_ms: Spread | null;
  readonly tokens_per_second: Spread | null;
}

export interface ModelList {
  readonly models: readonly Model[];
  readonly as_of: string;
  readonly group_min: number;
  readonly measured_since: string | null;
}

export interface ModelInDetail extends Model {
  readonly hardware: readonly { readonly class: string; readonly workers: number }[] | null;
  readonly hours: readonly {
    readonly at: string;
    readonly tokens_per_second: number | null;
    readonly first_token_ms: number | null;
    readonly wait_ms: number | null;
  }[];
}

/** Where the console tells of a model. Names have `:` and `/`, which stay readable. */
export function pathOfModel(name: string): string {
  const encoded = encodeURIComponent(name).replaceAll("%3A", ":");
  // As a part of a path of its own, ".." would lead elsewhere.
  const isPlain = name.split("/").every((part) => part !== "." && part !== "..");
  return `/models/${isPlain ? encoded.replaceAll("%2F", "/") : encoded}`;
}

/** The name in an address; what cannot be decoded is no model's name, and is looked for as it is. */
export function nameInPath(rest: string): string {
  try {
    return decodeURIComponent(rest);
  } catch {
    return rest;
  }
}
