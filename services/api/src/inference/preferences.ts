import { FlockError } from "@flock/errors";
import { PRIVACY_LABELS, type PrivacyLabel } from "@flock/jobs";
import { canonicalModelName } from "@flock/proto";
import { Checking } from "@flock/proto/events";
import { WORKER_ALIAS } from "../workers/worker-alias.js";

/** What a client wants of the network for one request, whatever the model, checked. */
export interface Preferences {
  /** Of a token of the prompt or of the answer, in µLLAMA; undefined: any price. */
  readonly priceMaxMicro: bigint | undefined;
  readonly privacyMin: PrivacyLabel;
  /** Only models whose answers a verifier checks. */
  readonly isCheckedOnly: boolean;
  /** Whether the verifier may run it again. */
  readonly checking: Checking;
  /** Aliases of workers that do not get it. */
  readonly excludedWorkers: ReadonlySet<string>;
  /** Alias of the worker that gets it if that can be. */
  readonly preferredWorker: string | undefined;
  /** How long it waits for a worker, in all; undefined: as long as it may take. */
  readonly queueMaxMs: number | undefined;
  /** Tried in order when the model that it names cannot answer; as the client wrote them. */
  readonly fallbackModels: readonly string[];
}

export const NO_PREFERENCES: Preferences = {
  priceMaxMicro: undefined,
  privacyMin: "plaintext",
  isCheckedOnly: false,
  checking: Checking.UNSPECIFIED,
  excludedWorkers: new Set(),
  preferredWorker: undefined,
  queueMaxMs: undefined,
  fallbackModels: [],
};

/** Preferences as a front has read them, of the right kinds and otherwise unchecked. Undefined: not given. */
export interface GivenPreferences {
  readonly maxPrice?: bigint | undefined;
  readonly minPrivacy?: string | undefined;
  readonly checkedOnly?: boolean | undefined;
  readonly checking?: string | undefined;
  readonly excludeWorkers?: readonly string[] | undefined;
  readonly preferWorker?: string | undefined;
  readonly maxQueueMs?: number | undefined;
  readonly fallbackModels?: readonly string[] | undefined;
}

/** Told in refusals: where the client wrote it. */
export type PreferenceNames = Readonly<Record<keyof GivenPreferences, string>>;

/** More than any model may cost. */
const PRICE_MAX_MICRO = 1_000_000_000_000n;
const QUEUE_MAX_MS = 3_600_000;
const EXCLUDED_MAX = 32;
/** With the one that the request names: five. */
const FALLBACK_MODELS_MAX = 4;

/** What clients say of checks, and what that is in the job's completion event. */
const CHECKINGS: ReadonlyMap<string, Checking> = new Map([
  ["never", Checking.NEVER],
  ["sampled", Checking.UNSPECIFIED],
  ["always", Checking.ALWAYS],
]);

/** The values of the preference `checking`. */
export const CHECKING_NAMES: readonly string[] = [...CHECKINGS.keys()];

/** @throws FlockError `invalid_argument` that says which preference is wrong, by its name in `names`. */
export function preferencesOf(given: GivenPreferences, names: PreferenceNames): Preferences {
  const { maxPrice, minPrivacy = "plaintext", maxQueueMs, preferWorker } = given;
  const { excludeWorkers = [], fallbackModels = [] } = given;
  const checking = CHECKINGS.get(given.checking ?? "sampled");
  if (maxPrice !== undefined && (maxPrice < 0n || maxPrice > PRICE_MAX_MICRO))
    throw wrongPreference(names.maxPrice, `must be 0 to ${PRICE_MAX_MICRO} µLLAMA per token`);
  if (!isPrivacyLabel(minPrivacy))
    throw wrongPreference(names.minPrivacy, `must be one of ${PRIVACY_LABELS.join(", ")}`);
  if (checking === undefined)
    throw wrongPreference(names.checking, `must be one of ${CHECKING_NAMES.join(", ")}`);
  if (maxQueueMs !== undefined && (maxQueueMs < 0 || maxQueueMs > QUEUE_MAX_MS))
    throw wrongPreference(names.maxQueueMs, `must be 0 to ${QUEUE_MAX_MS} milliseconds`);
  if (excludeWorkers.length > EXCLUDED_MAX)
    throw wrongPreference(names.excludeWorkers, `may name ${EXCLUDED_MAX} workers at most`);
  if (!excludeWorkers.every(isAlias)) throw wrongPreference(names.excludeWorkers, ALIASES);
  if (preferWorker !== undefined && !isAlias(preferWorker))
    throw wrongPreference(names.preferWorker, ALIASES);
  if (fallbackModels.length > FALLBACK_MODELS_MAX)
    throw wrongPreference(names.fallbackModels, `may name ${FALLBACK_MODELS_MAX} models at most`);
  if (fallbackModels.some((name) => canonicalModelName(name) === undefined))
    throw wrongPreference(names.fallbackModels, "names a model that has no valid name");
  return {
    priceMaxMicro: maxPrice,
    privacyMin: minPrivacy,
    isCheckedOnly: given.checkedOnly ?? false,
    checking,
    excludedWorkers: new Set(excludeWorkers),
    preferredWorker: preferWorker,
    queueMaxMs: maxQueueMs,
    fallbackModels,
  };
}

const ALIASES = "must be aliases of workers, such as w-otdebwfknzrk";

/** A preference that is none; the client is told where it wrote it. */
export function wrongPreference(name: string, what: string): FlockError {
  return new FlockError("invalid_argument", `"${name}" ${what}`, { details: { field: name } });
}

function isPrivacyLabel(label: string): label is PrivacyLabel {
  return (PRIVACY_LABELS as readonly string[]).includes(label);
}

function isAlias(text: string): boolean {
  return WORKER_ALIAS.test(text);
}
