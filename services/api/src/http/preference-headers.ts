import type { IncomingHttpHeaders } from "node:http";
import {
  type GivenPreferences,
  NO_PREFERENCES,
  type PreferenceNames,
  type Preferences,
  preferencesOf,
  wrongPreference,
} from "../inference/preferences.js";

/** The headers of a request that say what is preferred, in every dialect. */
export const PREFERENCE_HEADERS = {
  maxPrice: "x-flock-max-price",
  minPrivacy: "x-flock-min-privacy",
  checkedOnly: "x-flock-checked-only",
  checking: "x-flock-checking",
  excludeWorkers: "x-flock-exclude-workers",
  preferWorker: "x-flock-prefer-worker",
  maxQueueMs: "x-flock-max-queue-ms",
  fallbackModels: "x-flock-fallback-models",
} as const satisfies PreferenceNames;

const LENGTH_MAX = 2_000;
const WHOLE_NUMBER = /^\d{1,15}$/;

/** @throws FlockError `invalid_argument` that names the header. */
export function preferencesIn(headers: IncomingHttpHeaders): Preferences {
  const text = (preference: keyof PreferenceNames): string | undefined => {
    const value = headers[PREFERENCE_HEADERS[preference]];
    // Node joins those that come several times with commas.
    if (typeof value !== "string" || value.trim() === "") return undefined;
    if (value.length > LENGTH_MAX) throw wrongPreference(PREFERENCE_HEADERS[preference], "is too long");
    return value.trim();
  };
  const given: GivenPreferences = {
    maxPrice: wholeNumber(text("maxPrice"), "maxPrice"),
    minPrivacy: text("minPrivacy")?.toLowerCase(),
    checkedOnly: truth(text("checkedOnly"), "checkedOnly"),
    checking: text("checking")?.toLowerCase(),
    excludeWorkers: list(text("excludeWorkers")),
    preferWorker: text("preferWorker")?.toLowerCase(),
    maxQueueMs: numberOf(wholeNumber(text("maxQueueMs"), "maxQueueMs")),
    fallbackModels: list(text("fallbackModels")),
  };
  const isEmpty = Object.values(given).every((value) => value === undefined);
  return isEmpty ? NO_PREFERENCES : preferencesOf(given, PREFERENCE_HEADERS);
}

function wholeNumber(text: string | undefined, preference: keyof PreferenceNames): bigint | undefined {
  if (text === undefined) return undefined;
  if (!WHOLE_NUMBER.test(text))
    throw wrongPreference(PREFERENCE_HEADERS[preference], "must be a whole number");
  return BigInt(text);
}

function numberOf(whole: bigint | undefined): number | undefined {
  return whole === undefined ? undefined : Number(whole);
}

function truth(text: string | undefined, preference: keyof PreferenceNames): boolean | undefined {
  const said = text?.toLowerCase();
  if (said === undefined) return undefined;
  if (said !== "true" && said !== "false")
    throw wrongPreference(PREFERENCE_HEADERS[preference], "must be true or false");
  return said === "true";
}

function list(text: string | undefined): readonly string[] | undefined {
  const items = text?.split(",").map((item) => item.trim());
  return items?.filter((item) => item !== "");
}
