import { FlockError, isFlockErrorCode } from "@flock/errors";
import type { z } from "zod";
import type { Call } from "../command.js";
import { apiUrlOf } from "../places/places.js";

const TIMEOUT_MS = 15_000;
const PREFIX = "/flock/v1";

/** The API of the network that a command is for. */
export async function apiClientOf(
  call: Pick<Call, "options" | "surroundings" | "report">,
): Promise<ApiClient> {
  return new ApiClient(await apiUrlOf(call), { trace: call.report.trace });
}

/** What an older API says of a path that it does not have: it wants a key first. */
export function isUnknownPath(error: unknown): boolean {
  return error instanceof FlockError && (error.code === "not_found" || error.code === "unauthenticated");
}

interface Asking {
  /** Of a session, or an API key. */
  readonly token?: string | undefined;
  /** Is told what was asked, and how it went. */
  readonly trace?: (line: string) => void;
}

/** The network's HTTP API for accounts and money. What it refuses is thrown as the FlockError that it names. */
export class ApiClient {
  readonly baseUrl: string;
  readonly #asking: Asking;

  constructor(baseUrl: string, asking: Asking = {}) {
    if (!URL.canParse(baseUrl) || !/^https?:$/.test(new URL(baseUrl).protocol))
      throw new FlockError("invalid_argument", `${baseUrl} is not the URL of an API`);
    this.baseUrl = baseUrl.replace(/\/+$/, "");
    this.#asking = asking;
  }

  /** The same API, asked in the name of a session. */
  withToken(token: string): ApiClient {
    return new ApiClient(this.baseUrl, { ...this.#asking, token });
  }

  get<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
    return this.#json("GET", path, undefined, schema);
  }

  patch<Schema extends z.ZodType>(path: string, body: object, schema: Schema): Promise<z.output<Schema>> {
    return this.#json("PATCH", path, body, schema);
  }

  post<Schema extends z.ZodType>(path: string, body: object, schema: Schema): Promise<z.output<Schema>> {
    return this.#json("POST", path, body, schema);
  }

  delete<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
    return this.#json("DELETE", path, undefined, schema);
  }

  /** A body of any length, piece by piece. */
  async *stream(path: string): AsyncGenerator<Uint8Array> {
    const response = await this.#send("GET", path);
    // CAST: Node's streams are asynchronously iterable, which the DOM's types do not know.
    yield* (response.body ?? []) as AsyncIterable<Uint8Array>;
  }

  async #json<Schema extends z.ZodType>(
    method: string,
    path: string,
    body: object | undefined,
    schema: Schema,
  ): Promise<z.output<Schema>> {
    const response = await this.#send(method, path, body, AbortSignal.timeout(TIMEOUT_MS));
    const read = schema.safeParse(await response.json().catch(() => undefined));
    if (read.success) return read.data;
    throw new FlockError("internal", `${this.baseUrl}${PREFIX}${path} answered what cannot be read`, {
      cause: read.error,
    });
  }

  async #send(method: string, path: string, body?: object, signal?: AbortSignal): Promise<Response> {
    const { token, trace } = this.#asking;
    const beganAtMs = performance.now();
    let response: Response;
    try {
      response = await fetch(`${this.baseUrl}${PREFIX}${path}`, {
        method,
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (cause) {
      throw new FlockError("unavailable", `no API answers at ${this.baseUrl}`, { cause });
    }
    const id = response.headers.get("x-request-id");
    const ms = (performance.now() - beganAtMs).toFixed(0);
    trace?.(
      `${method} ${this.baseUrl}${PREFIX}${path}: ${response.status} in ${ms} ms, request ${id ?? "without an id"}`,
    );
    if (!response.ok) throw await refusal(response);
    return response;
  }
}

async function refusal(response: Response): Promise<FlockError> {
  const body: unknown = await response.json().catch(() => undefined);
  const error = isObject(body) ? body["error"] : undefined;
  const { code, message } = isObject(error) ? error : { code: undefined, message: undefined };
  if (typeof code === "string" && isFlockErrorCode(code) && typeof message === "string")
    return new FlockError(code, message, { details: requestIdOf(response) });
  const what = `${response.url} answered ${response.status}: is that a FlockOllamas API?`;
  return new FlockError("failed_precondition", what);
}

function requestIdOf({ headers }: Response): Readonly<Record<string, string>> {
  const id = headers.get("x-request-id");
  return id === null ? {} : { request_id: id };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
