import { mustHold } from "../outcome.js";

export interface HttpAnswer {
  readonly statusCode: number;
  readonly body: string;
}

/** Statuses of refusals: of what is asked, of what is asked for here, and (503) of services that are away. */
const REFUSALS = new Set([
  400, 401, 402, 403, 404, 405, 408, 409, 413, 414, 415, 416, 417, 429, 431, 501, 503,
]);
/** 302: of `/`, to who prefers a page. */
const SUCCESSES = new Set([200, 201, 204, 302, 304]);

type Json = Readonly<Record<string, unknown>>;

/** Where a dialect puts the words of an error; undefined: it is not this dialect's. */
function wordsOf(path: string, { type, error }: Json): unknown {
  if (path.startsWith("/v1/messages") && type !== "error") return undefined;
  const isObject = path.startsWith("/flock/") || path.startsWith("/v1/");
  return isObject ? (error as Json | undefined)?.message : error;
}

/**
 * What no request may be answered with: a fault of ours.
 * @param logs What the api has logged of it.
 */
export function checkStatus({ statusCode, body }: HttpAnswer, logs: readonly string[]): void {
  const isKnown = SUCCESSES.has(statusCode) || REFUSALS.has(statusCode);
  mustHold(isKnown, `status ${statusCode}: ${body.slice(0, 500)}\n${logs.join("\n").slice(0, 4_000)}`);
}

/** Nor with an error that its client cannot read. */
export function checkError(path: string, { statusCode, body }: HttpAnswer): void {
  if (SUCCESSES.has(statusCode)) return;
  const words = wordsOf(path, JSON.parse(body) as Json);
  mustHold(typeof words === "string" && words !== "", `an error without words: ${body.slice(0, 500)}`);
}

/** The same, where it is not sure which dialect a path is of. */
export function checkAnyError({ statusCode, body }: HttpAnswer): void {
  if (SUCCESSES.has(statusCode)) return;
  const { error } = JSON.parse(body) as Json;
  const words = typeof error === "string" ? error : (error as Json | undefined)?.message;
  mustHold(typeof words === "string" && words !== "", `an error without words: ${body.slice(0, 500)}`);
}
