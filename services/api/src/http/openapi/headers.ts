import { TRACEPARENT_HEADER } from "@flock/observability";
import type { Dialect } from "../dialect.js";
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
  etag: { on: "cached", description: "Changes with the answer.", schema: TEXT },
  "retry-after": {
    on: "refusal",
    description: "Whole seconds after which it is worth trying again.",
    schema: WHOLE,
  },
  "retry-after-ms": { on: "refusal", description: "The same in milliseconds.", schema: WHOLE },
  ...Object.fromEntries(RATE_LIMIT_HEADERS.map((name) => [name, rateLimit(name)])),
};

/** Headers of the dialect's own, by the names that its clients look for. */
export function ownHeaders({
  requestIdHeader,
}: Pick<Dialect, "requestIdHeader">): Readonly<Record<string, object>> {
  return requestIdHeader === undefined
    ? {}
    : { [requestIdHeader]: { $ref: "#/components/headers/x-request-id" } };
}

function rateLimit(name: string): DescribedHeader {
  const of = name.endsWith("-tokens")
    ? "tokens"
    : name.endsWith("-requests")
      ? "requests"
      : "requests, or tokens";
  const what = name.includes("limit-limit")
    ? `The key's limit of ${of} in a minute.`
    : name.includes("remaining")
      ? `What is left of the key's ${of} in this minute.`
      : `When the key's minute of ${of} is over.`;
  const isOpenAi = name.startsWith("x-");
  return {
    on: "job",
    description: isOpenAi
      ? `${what} In OpenAI's APIs, for keys with such a limit.`
      : `${what} For keys with such a limit.`,
    schema: isOpenAi && name.includes("reset") ? TEXT : WHOLE,
  };
}
