import { FlockError } from "@flock/errors";
import { canonicalModelName } from "@flock/proto";
import { isLimited, type KeyLimits, keyLimitsOf, NO_LIMITS } from "./key-limits.js";

/**
 * What a key may be for: to have models answer, to see its account, to make and end keys that are no wider than itself.
 */
export const SCOPES = ["inference", "read_account", "manage_keys"] as const;
export type Scope = (typeof SCOPES)[number];

/** What every key could do before there was a choice, and what one can that is made without one. */
export const DEFAULT_SCOPES: readonly Scope[] = ["inference", "read_account"];

/** Models that a key may name. */
export const MODELS_MAX = 100;
const MODEL_NAME_LENGTH_MAX = 256;

/** What a key may do, until when. */
export interface KeyRights {
  /** At least one, each once. */
  readonly scopes: readonly Scope[];
  /** Canonical names of the only models that it may use; undefined: all. */
  readonly models: readonly string[] | undefined;
  /** From then on it is refused; undefined: it does not expire. */
  readonly expiresUnixMs: number | undefined;
  readonly limits: KeyLimits;
}

export const DEFAULT_RIGHTS: KeyRights = {
  scopes: DEFAULT_SCOPES,
  models: undefined,
  expiresUnixMs: undefined,
  limits: NO_LIMITS,
};

/** Rights as somebody asks for them: nothing of it is checked, and what is absent is as by default. */
export interface AskedRights {
  readonly scopes?: readonly string[] | undefined;
  readonly models?: readonly string[] | undefined;
  readonly expiresUnixMs?: number | undefined;
  readonly limits?: Partial<KeyLimits> | undefined;
}

/**
 * The rights that are asked for.
 * @throws FlockError `invalid_argument`, which says what of them cannot be.
 */
export function keyRightsOf(asked: AskedRights, nowUnixMs: number): KeyRights {
  const scopes = scopesOf(asked.scopes ?? []);
  const limits = keyLimitsOf(asked.limits ?? {});
  if (scopes.includes("manage_keys") && isLimited(limits))
    throw invalid("a key with limits cannot manage keys: each key that it makes would have them anew");
  return {
    scopes,
    limits,
    models: modelsOf(asked.models ?? []),
    expiresUnixMs: endOf(asked.expiresUnixMs, nowUnixMs),
  };
}

function scopesOf(asked: readonly string[]): readonly Scope[] {
  const unknown = asked.find((name) => !isScope(name));
  if (unknown !== undefined)
    throw invalid(`'${unknown.slice(0, 64)}' is no scope of a key: there are ${SCOPES.join(", ")}`);
  return asked.length === 0 ? DEFAULT_SCOPES : SCOPES.filter((scope) => asked.includes(scope));
}

function modelsOf(asked: readonly string[]): readonly string[] | undefined {
  if (asked.length === 0) return undefined;
  if (asked.length > MODELS_MAX) throw invalid(`a key names at most ${MODELS_MAX} models`);
  const names = asked.map((name) => {
    const canonical = name.length > MODEL_NAME_LENGTH_MAX ? undefined : canonicalModelName(name);
    if (canonical === undefined) throw invalid(`'${name.slice(0, 64)}' is no name of a model`);
    return canonical;
  });
  return [...new Set(names)];
}

/** The end of a key that is asked for; undefined: none. */
export function endOf(askedUnixMs: number | undefined, nowUnixMs: number): number | undefined {
  if (askedUnixMs === undefined) return undefined;
  if (!Number.isSafeInteger(askedUnixMs) || Number.isNaN(new Date(askedUnixMs).getTime()))
    throw invalid("the end of a key is not a time");
  if (askedUnixMs <= nowUnixMs) throw invalid("a key cannot end in the past: revoke it instead");
  return askedUnixMs;
}

export function isScope(name: string): name is Scope {
  return SCOPES.some((scope) => scope === name);
}

/**
 * Whether a key with rights `other` can do nothing that one with `own` cannot. Limits do not count: a key that manages
 * others has none.
 */
export function covers(own: KeyRights, other: KeyRights): boolean {
  const ends = own.expiresUnixMs ?? Number.POSITIVE_INFINITY;
  return (
    other.scopes.every((scope) => own.scopes.includes(scope)) &&
    (own.models === undefined || (other.models?.every((model) => own.models?.includes(model)) ?? false)) &&
    (other.expiresUnixMs ?? Number.POSITIVE_INFINITY) <= ends
  );
}

function invalid(message: string): FlockError {
  return new FlockError("invalid_argument", message);
}
