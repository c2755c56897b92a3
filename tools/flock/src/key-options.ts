import { FlockError } from "@flock/errors";
import type { Command } from "commander";
import { typedLlama } from "./money/llama.js";

/*
 * What the commands that make keys have in common.
 */
const SCOPES_HELP =
  "what it may do, with commas between: inference, read_account, manage_keys; default: the first two";
const MODELS_HELP = "the only models that it may use, with commas between; default: all";
export const EXPIRES_HELP = "when it expires, such as 2026-12-31T23:59:59Z";

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

/** Adds the options that say what a new key may do. */
export function addRightsOptions(command: Command): Command {
  return command
    .option("--scopes <list>", SCOPES_HELP)
    .option("--models <list>", MODELS_HELP)
    .option("--expires <time>", EXPIRES_HELP)
    .option("--budget-day <llama>", "LLAMA that it may spend on a day (UTC); default: any")
    .option("--budget-month <llama>", "the same for a month")
    .option("--requests-per-minute <n>", "requests that it may begin in a minute; default: any")
    .option("--tokens-per-minute <n>", "tokens of prompts and answers in a minute; default: any")
    .option("--streams <n>", "requests that may run at once; default: any");
}

/** What {@link addRightsOptions} adds, as it was typed. */
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
