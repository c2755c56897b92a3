import { FlockError, isFlockErrorCode } from "@flock/errors";
import type { z } from "zod";
import { addressOf } from "../local-mesh.js";
import type { GlobalOptions } from "../mesh-access.js";
import type { Surroundings } from "../surroundings.js";

const TIMEOUT_MS = 15_000;
const PREFIX = "/flock/v1";

/** Where the mesh's API is: the option, the environment, or the state of the local mesh. */
export async function apiClientOf(options: GlobalOptions, { environment }: Surroundings): Promise<ApiClient> {
  const given = options.apiUrl ?? environment["FLOCK_API_URL"];
  return new ApiClient(await addressOf(options.dataDir, given, "apiUrl", "--api-url or FLOCK_API_URL"));
}

/** The network's HTTP API for accounts and money. What it refuses is thrown as the FlockError that it names. */
export class ApiClient {
  readonly baseUrl: string;
  readonly #token: string | undefined;

  constructor(baseUrl: string, token?: string) {
    if (!URL.canParse(baseUrl) || !/^https?:$/.test(new URL(baseUrl).protocol))
      throw new FlockError("invalid_argument", `${baseUrl} is not the URL of an API`);
    this.baseUrl = baseUrl.replace(/\/+$/, "");
    this.#token = token;
  }

  /** The same API, asked in the name of a session. */
  withToken(token: string): ApiClient {
    return new ApiClient(this.baseUrl, token);
  }

  get<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
    return this.#json("GET", path, undefined, schema);
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
    let response: Response;
    try {
      response = await fetch(`${this.baseUrl}${PREFIX}${path}`, {
        method,
        headers: this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (cause) {
      throw new FlockError("unavailable", `no API answers at ${this.baseUrl}`, { cause });
    }
    if (!response.ok) throw await refusal(response);
    return response;
  }
}

async function refusal(response: Response): Promise<FlockError> {
  const body: unknown = await response.json().catch(() => undefined);
  const error = isObject(body) ? body["error"] : undefined;
  const { code, message } = isObject(error) ? error : { code: undefined, message: undefined };
  if (typeof code === "string" && isFlockErrorCode(code) && typeof message === "string")
    return new FlockError(code, message);
  const what = `${response.url} answered ${response.status}: is that a FlockOllamas API?`;
  return new FlockError("failed_precondition", what);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
