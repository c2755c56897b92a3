import { PRIVACY_LABELS } from "@flock/jobs";
import { TRACEPARENT_HEADER } from "@flock/observability";
import { CHECKING_NAMES } from "../../inference/preferences.js";
import type { Dialect } from "../dialect.js";
import { PREFERENCE_HEADERS } from "../preference-headers.js";
import { RATE_LIMIT_HEADERS } from "../rate-limit-headers.js";
import type { JsonSchema } from "./json-schema.js";

/*
 * The headers that requests and answers have in common. A new one is one more entry here: operations have it by its
 * place. A test finds headers of answers that are missing.
 */

/** Of which requests or answers. */
export type HeaderPlace =
  | "every"
  /** That have a model run. */
  | "job"
  /** Whose answer can be kept. */
  | "cached"
  /** That are refused for a while. */
  | "refusal";

export interface DescribedHeader {
  readonly on: HeaderPlace;
  readonly description: string;
  readonly schema: JsonSchema;
}

const TEXT: JsonSchema = { type: "string" };
const WHOLE: JsonSchema = { type: "integer", minimum: 0 };

export const REQUEST_HEADERS: Readonly<Record<string, DescribedHeader>> = {
  [TRACEPARENT_HEADER]: {
    on: "every",
    description:
      "A trace of the caller's (W3C Trace Context), which the network's parts go on with in their logs.",
    schema: TEXT,
  },
  ...ofJobs({
    [PREFERENCE_HEADERS.maxPrice]: ["The most that a token may cost, in µLLAMA.", WHOLE],
    [PREFERENCE_HEADERS.minPrivacy]: [
      "How the prompt is to go to the worker, at least.",
      { type: "string", enum: [...PRIVACY_LABELS] },
    ],
    [PREFERENCE_HEADERS.checkedOnly]: [
      "Only models whose answers a verifier checks.",
      { type: "string", enum: ["true", "false"] },
    ],
    [PREFERENCE_HEADERS.checking]: [
      "Whether the network may run the request again to check its answer.",
      { type: "string", enum: [...CHECKING_NAMES] },
    ],
    [PREFERENCE_HEADERS.excludeWorkers]: [
      "Aliases of workers that are not to have it, with commas between.",
      TEXT,
    ],
    [PREFERENCE_HEADERS.preferWorker]: ["Alias of a worker that is to have it if it is free.", TEXT],
    [PREFERENCE_HEADERS.maxQueueMs]: ["The longest that it waits for a worker, in milliseconds.", WHOLE],
    [PREFERENCE_HEADERS.fallbackModels]: [
      "Models to try in order if the first one cannot answer, with commas between.",
      TEXT,
    ],
  }),
  "if-none-match": {
    on: "cached",
    description: "The `etag` of an answer that the client has.",
    schema: TEXT,
  },
};

export const RESPONSE_HEADERS: Readonly<Record<string, DescribedHeader>> = {
  "x-request-id": {
    on: "every",
    description: "The id of the request, and of its job if it has one.",
    schema: { type: "string", format: "uuid" },
  },
  ...ofJobs({
    "x-flock-job-id": ["The id of the job.", { type: "string", format: "uuid" }],
    "x-flock-trace-id": ["W3C trace id.", TEXT],
    "x-flock-model": ["The model that ran, by its name in the catalogue.", TEXT],
    "x-flock-worker": ["Alias of the worker, the same in all answers of the account.", TEXT],
    "x-flock-privacy": ["How the prompt went to the worker.", { type: "string", enum: [...PRIVACY_LABELS] }],
    "x-flock-resumes": ["How many times another worker went on with the answer.", WHOLE],
    "x-flock-charge-micro": ["What it cost, in µLLAMA; not of a stream, which has it at its end.", WHOLE],
    "server-timing": ["Where its time went (W3C Server Timing).", TEXT],
  }),
  etag: { on: "cached", description: "Changes with the answer.", schema: TEXT },
  "retry-after": {
    on: "refusal",
    description: "Whole seconds after which it is worth trying again.",
    schema: WHOLE,
  },
  "retry-after-ms": { on: "refusal", description: "The same in milliseconds.", schema: WHOLE },
  ...Object.fromEntries(RATE_LIMIT_HEADERS.map((name) => [name, rateLimit(name)])),
};

/** Headers that requests, or answers, of a model have. */
function ofJobs(
  described: Readonly<Record<string, readonly [description: string, schema: JsonSchema]>>,
): Readonly<Record<string, DescribedHeader>> {
  return Object.fromEntries(
    Object.entries(described).map(([name, [description, schema]]) => [
      name,
      { on: "job", description, schema } as const,
    ]),
  );
}

/** Headers of the dialect's own, by the names that its clients look for. */
export function ownHeaders({
  requestIdHeader,
}: Pick<Dialect, "requestIdHeader">): Readonly<Record<string, object>> {
  return requestIdHeader === undefined
    ? {}
    : { [requestIdHeader]: { $ref: "#/components/headers/x-request-id" } };
}

function rateLimit(name: string): DescribedHeader {
  const of = name.includes("tokens")
    ? "tokens"
    : name.includes("requests")
      ? "requests"
      : "requests, or tokens";
  const what =
    name.endsWith("limit") || name.includes("limit-limit")
      ? `The key's limit of ${of} in a minute.`
      : name.includes("remaining")
        ? `What is left of the key's ${of} in this minute.`
        : `When the key's minute of ${of} is over.`;
  const vendor = name.startsWith("x-") ? "OpenAI" : name.startsWith("anthropic-") ? "Anthropic" : undefined;
  return {
    on: "job",
    description:
      vendor === undefined
        ? `${what} For keys with such a limit.`
        : `${what} In ${vendor}'s APIs, for keys with such a limit.`,
    schema: vendor !== undefined && name.includes("reset") ? TEXT : WHOLE,
  };
}
