import { dataPaths } from "./data-dir.js";
import type { LauncherOptions } from "./options.js";

/** Everybody on this machine is one client to the api, and no stranger: each may have more than one from afar. */
const LIMITS = {
  API_GUEST_REQUESTS_PER_MINUTE: "60",
  API_GUEST_STREAMS_MAX: "8",
  API_GUEST_COMPLETION_TOKENS_MAX: "1024",
};

/** What has the api serve guests; what the user sets of it stays. */
export function guestVariables({
  noGuests,
  dataDir,
  serviceVariables,
}: LauncherOptions): Readonly<Record<string, string>> {
  if (noGuests) return {};
  const own = Object.entries({ API_GUEST_KEY_FILE: dataPaths(dataDir).guestKey, ...LIMITS });
  return Object.fromEntries(own.map(([name, value]) => [name, serviceVariables[name] ?? value]));
}

/** What a person is told of it. */
export function guestTerms(options: LauncherOptions): string | undefined {
  if (options.noGuests) return undefined;
  const { API_GUEST_REQUESTS_PER_MINUTE: perMinute, API_GUEST_COMPLETION_TOKENS_MAX: tokens } =
    guestVariables(options);
  return `no key needed for ${perMinute} requests a minute, with answers of ${tokens} tokens at most`;
}
