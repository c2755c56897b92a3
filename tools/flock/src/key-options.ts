import { FlockError } from "@flock/errors";
import { typedLlama } from "./money/llama.js";

/** The items of a list with commas between. */
function listOf(text: string | undefined): string[] | undefined {
  return text
    ?.split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

/** Milliseconds since 1970 of a time in ISO 8601. */
export function momentOf(text: string): number {
  const unixMs = Date.parse(text);
  if (Number.isNaN(unixMs))
    throw new FlockError("invalid_argument", `'${text}' is no time such as 2026-12-31T23:59:59Z`);
  return unixMs;
}

/** What somebody typed of what a new key may do. */
export interface RightsOptions {
  readonly scopes?: string;
  readonly models?: string;
  readonly expires?: string;
  readonly budgetDay?: string;
  readonly budgetMonth?: string;
  readonly requestsPerMinute?: string;
  readonly tokensPerMinute?: string;
  readonly streams?: string;
}

/** The rights that were asked for; what was not is undefined. The api checks them. */
export function rightsOf(options: RightsOptions) {
  return {
    scopes: listOf(options.scopes),
    models: listOf(options.models),
    expiresUnixMs: options.expires === undefined ? undefined : momentOf(options.expires),
    budgetDayMicro: options.budgetDay === undefined ? undefined : typedLlama(options.budgetDay),
    budgetMonthMicro: options.budgetMonth === undefined ? undefined : typedLlama(options.budgetMonth),
    requestsPerMinute: countOf(options.requestsPerMinute),
    tokensPerMinute: countOf(options.tokensPerMinute),
    streamsMax: countOf(options.streams),
  };
}

function countOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9][0-9]{0,9}$/.test(text))
    throw new FlockError("invalid_argument", `'${text}' is no number above 0`);
  return Number(text);
}
