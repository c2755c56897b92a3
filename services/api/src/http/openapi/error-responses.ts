import type { FlockErrorCode } from "@flock/errors";
import type { Dialect, DialectRoute } from "../dialect.js";
import { ERROR_TABLE } from "../error-table.js";
import { type HeaderPlace, ownHeaders, RESPONSE_HEADERS } from "./headers.js";
import type { Responses } from "./operation-object.js";

/** Of requests that have a model run. */
const OF_JOBS: readonly FlockErrorCode[] = [
  "invalid_argument",
  "insufficient_funds",
  "not_found",
  "aborted",
  "deadline_exceeded",
];

const MEANINGS: Readonly<Record<number, string>> = {
  400: "The request is wrong, or does not fit the state of things; the message names the field.",
  401: "No key or session, or not a valid one.",
  402: "The balance, or a budget of the key, does not cover the request.",
  403: "Not allowed: to this key, or to anybody here.",
  404: "There is no such thing: model, path, entry.",
  405: "The path has other methods; the header `allow` names them.",
  409: "Another request had the same id.",
  413: "The body is too large.",
  429: "Too many requests: of the key, the account, the client or the wallet. The message says which.",
  500: "A fault of ours.",
  502: "Workers failed the request, several in a row.",
  503: "It cannot be served at the moment: no worker, a full queue, a part that is away, or a shutdown.",
  504: "It took too long.",
};

/** The statuses with which a request to this route can be refused, lowest first. */
export function errorStatusesOf({ open, operation }: DialectRoute): readonly number[] {
  const codes = new Set<FlockErrorCode>(["internal", "unavailable", ...(operation.errors ?? [])]);
  if (open === undefined)
    for (const code of ["unauthenticated", "permission_denied"] as const) codes.add(code);
  if (open !== "free") codes.add("resource_exhausted");
  if (operation.body !== undefined) codes.add("payload_too_large");
  const takesArguments = [operation.body, operation.query, operation.path].some((each) => each !== undefined);
  if (takesArguments) codes.add("invalid_argument");
  if (operation.isJob) for (const code of OF_JOBS) codes.add(code);
  return [...new Set([...codes].map((code) => ERROR_TABLE[code]))].sort((a, b) => a - b);
}

/** Every error in the form of every dialect, by name and status. */
export function errorResponses(dialects: readonly Dialect[]): Responses {
  return Object.fromEntries(
    dialects.flatMap((dialect) => {
      const statuses = new Set([405, ...dialect.routes.flatMap(errorStatusesOf)]);
      return [...statuses]
        .sort((a, b) => a - b)
        .map((status) => [
          `${dialect.name}-${status}`,
          {
            description: MEANINGS[status] ?? "An error.",
            headers: { ...headersOf(status, dialect), ...ownHeaders(dialect) },
            content: { "application/json": { schema: dialect.described.errorSchema } },
          },
        ]);
    }),
  );
}

/** An error tells of its job, too, if there was one. */
function headersOf(status: number, { routes }: Dialect): Readonly<Record<string, object>> {
  const places: readonly HeaderPlace[] = [
    "every",
    ...(status === 429 || status === 503 ? (["refusal"] as const) : []),
    ...(routes.some(({ operation }) => operation.isJob) ? (["job"] as const) : []),
  ];
  return Object.fromEntries(
    Object.entries(RESPONSE_HEADERS)
      .filter(([, { on }]) => places.includes(on))
      .map(([name]) => [name, { $ref: `#/components/headers/${name}` }]),
  );
}
