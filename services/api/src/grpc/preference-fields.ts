import type { Preferences as PreferencesMessage } from "@flock/proto/public";
import {
  NO_PREFERENCES,
  type PreferenceNames,
  type Preferences,
  preferencesOf,
} from "../inference/preferences.js";

/** The fields of a request that say what is preferred. */
const FIELDS: PreferenceNames = {
  maxPrice: "preferences.max_price_micro",
  minPrivacy: "preferences.min_privacy",
  checkedOnly: "preferences.checked_only",
  checking: "preferences.checking",
  excludeWorkers: "preferences.exclude_workers",
  preferWorker: "preferences.prefer_worker",
  maxQueueMs: "preferences.max_queue_ms",
  fallbackModels: "preferences.fallback_models",
};

/** @throws FlockError `invalid_argument` that names the field. */
export function preferencesOfMessage(given: PreferencesMessage | undefined): Preferences {
  if (given === undefined) return NO_PREFERENCES;
  return preferencesOf(
    {
      maxPrice: given.maxPriceMicro,
      minPrivacy: given.minPrivacy || undefined,
      checkedOnly: given.checkedOnly,
      checking: given.checking || undefined,
      excludeWorkers: given.excludeWorkers,
      preferWorker: given.preferWorker || undefined,
      maxQueueMs: given.maxQueueMs,
      fallbackModels: given.fallbackModels,
    },
    FIELDS,
  );
}
