import { createFlock, type Flock } from "@flockollamas/sdk";
import { checkShape } from "./answer-shapes.js";
import { ApiError, errorOf } from "./api-error.js";
import { ofSdk } from "./sdk-error.js";
import { currentSession, endSession } from "./session.js";

/**
 * The only file that speaks to the api. Pages ask by the client library (`ask`), which reads every answer and knows
 * amounts as bigint, or by a path (`request`). Both are as the session is, and fail with an `ApiError`.
 */

const flock = createFlock({
  url: location.origin,
  token: () => currentSession()?.token,
  fetch: fetchAsSession,
  // A query that may pass is tried again by `queries`, and what moves LLAMA by the person: each is seen.
  retries: 0,
});
const openFlock = flock.withToken(undefined);

/**
 * What the client library answers to whoever is signed in: `ask((flock) => flock.keys.list())`.
 * @throws ApiError
 */
export function ask<T>(call: (flock: Flock) => Promise<T>): Promise<T> {
  return failingAsHere(call(flock));
}

/**
 * The same for what is asked without a token: signing in, and handing in a text with its wallet's signature. A wrong
 * signature is a 401 that says nothing of the session.
 * @throws ApiError
 */
export function askOpenly<T>(call: (flock: Flock) => Promise<T>): Promise<T> {
  return failingAsHere(call(openFlock));
}

async function failingAsHere<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw ofSdk(error);
  }
}

async function fetchAsSession(...asked: Parameters<typeof fetch>): Promise<Response> {
  const asWhom = currentSession();
  const response = await fetch(...asked);
  const hasToken = new Headers(asked[1]?.headers).has("authorization");
  // Somebody else may have signed in meanwhile: the answer says nothing of them.
  if (response.status === 401 && hasToken && asWhom === currentSession()) endSession();
  return response;
}

export interface RequestOptions {
  readonly method?: "GET" | "POST" | "PATCH" | "DELETE";
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  /** Instead of the session's, to try one out. */
  readonly token?: string;
}

/**
 * The JSON that the api answers to `path`, such as `/flock/v1/models`.
 * @throws ApiError for every other answer, and for none.
 */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const response = await respond(path, options);
  const answer = await jsonOf(response);
  checkShape(path, answer);
  // CAST: our own api, and what pages rely on is there; a page that reads money reads it by `microOf`.
  return answer as T;
}

async function jsonOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    // Half an answer is a lost connection; a proxy's page is no answer either.
    throw new ApiError("the answer is no JSON", { code: "unknown", status: response.status, cause: error });
  }
}

/**
 * The same, for an answer that is read as it comes. The status is that of a success.
 * @throws ApiError
 */
export async function respond(path: string, options: RequestOptions = {}): Promise<Response> {
  const response = await send(path, options);
  if (response.ok) return response;
  const error = await errorOf(response);
  // The token has expired, or was revoked elsewhere: nothing that it asks for will be answered.
  if (response.status === 401 && options.token === undefined && currentSession() !== null) endSession();
  throw error;
}

async function send(path: string, options: RequestOptions): Promise<Response> {
  const { method = "GET", body, signal, token = currentSession()?.token } = options;
  const headers: Record<string, string> = {};
  if (token !== undefined) headers["authorization"] = `Bearer ${token}`;
  if (body !== undefined) headers["content-type"] = "application/json";
  try {
    return await fetch(path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError("this page cannot reach the api", { code: "unreachable", status: 0, cause: error });
  }
}
