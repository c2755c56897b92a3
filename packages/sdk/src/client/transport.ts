import type { Decoder } from "../decoding/decoder.js";
import { apiErrorOf } from "./api-error.js";
import { textOf } from "./bounded-body.js";
import { Deadline, pause } from "./deadline.js";
import { FlockAnswerError } from "./errors.js";
import { retryWaitMs } from "./retry.js";

const PREFIX = "/flock/v1";

/** How a client reaches the network. */
export interface TransportOptions {
  /** The network's address, such as `https://api.example`. */
  readonly url: string | URL;
  /** An API key or a session's token, or what gives the one of the moment; none: only what is open to all. */
  readonly token?: string | undefined | (() => string | undefined);
  /** Instead of the platform's own. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** The longest that an answer may take, each time it is asked for; default: 30 000. */
  readonly timeoutMs?: number | undefined;
  /** How often a request that may be repeated is repeated; default: 2. */
  readonly retries?: number | undefined;
}

/** For one call. */
export interface CallOptions {
  /** Ends the call. What is thrown then is the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Instead of the client's own. */
  readonly timeoutMs?: number | undefined;
}

/** A request. */
export interface Asked {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Below `/flock/v1`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
  /** As on the wire; amounts are bigints here, and texts there. */
  readonly body?: Readonly<Record<string, unknown>> | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** A second time it has no other effect: it is safe to repeat. Default: whether it is a GET. */
  readonly isRepeatable?: boolean;
}

/** Asks the network: one request and its answer, or its failure as an error of ours. */
export class Transport {
  readonly #options: TransportOptions;
  readonly #base: string;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#base = `${String(options.url).replace(/\/+$/, "")}${PREFIX}`;
  }

  /** An answer in JSON, read. */
  async ask<T>(asked: Asked, decoder: Decoder<T>, options: CallOptions = {}): Promise<T> {
    const mayRepeat = asked.isRepeatable ?? asked.method === "GET";
    const attempts = mayRepeat ? 1 + (this.#options.retries ?? 2) : 1;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#askOnce(asked, decoder, options);
      } catch (failure) {
        const waitMs = attempt < attempts ? retryWaitMs(failure, attempt) : undefined;
        if (waitMs === undefined) throw failure;
        await pause(waitMs, options.signal);
      }
    }
  }

  /** An answer whose body is read as it comes: its time is over once its head is there. */
  async open(asked: Asked, options: CallOptions = {}): Promise<Response> {
    const deadline = this.#deadline(options);
    try {
      const response = await this.#send(asked, deadline);
      if (!response.ok) throw await refusal(response, deadline);
      return response;
    } finally {
      deadline.lift();
    }
  }

  async #askOnce<T>(asked: Asked, decoder: Decoder<T>, options: CallOptions): Promise<T> {
    const deadline = this.#deadline(options);
    try {
      const response = await this.#send(asked, deadline);
      if (!response.ok) throw await refusal(response, deadline);
      return read(await bodyOf(response, deadline), decoder, response);
    } finally {
      deadline.lift();
    }
  }

  #deadline({ signal, timeoutMs }: CallOptions): Deadline {
    return new Deadline(timeoutMs ?? this.#options.timeoutMs ?? 30_000, signal);
  }

  async #send(
    { method, path, query = {}, body, headers = {} }: Asked,
    deadline: Deadline,
  ): Promise<Response> {
    const { token: given, fetch: own } = this.#options;
    const token = typeof given === "function" ? given() : given;
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) search.set(name, String(value));
    const sent = {
      method,
      headers: {
        accept: "application/json",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: jsonOf(body) }),
      signal: deadline.signal,
    };
    const url = `${this.#base}${path}${search.size === 0 ? "" : `?${search}`}`;
    try {
      // Called by its own name: a browser's fetch does not work as a method of anything else.
      return own === undefined ? await globalThis.fetch(url, sent) : await own(url, sent);
    } catch (cause) {
      throw deadline.failureOf(cause);
    }
  }
}

async function refusal(response: Response, deadline: Deadline): Promise<Error> {
  return apiErrorOf(response.status, response.headers, await bodyOf(response, deadline), Date.now());
}

async function bodyOf(response: Response, deadline: Deadline): Promise<string> {
  try {
    return await textOf(response);
  } catch (cause) {
    throw cause instanceof FlockAnswerError ? cause : deadline.failureOf(cause);
  }
}

function read<T>(body: string, decoder: Decoder<T>, { headers }: Response): T {
  const requestId = headers.get("x-request-id") ?? undefined;
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new FlockAnswerError("", "the answer is not JSON", requestId);
  }
  try {
    return decoder(value, "");
  } catch (cause) {
    if (cause instanceof FlockAnswerError) throw cause.of(requestId);
    throw cause;
  }
}

function jsonOf(body: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(body, (_name, value: unknown) => (typeof value === "bigint" ? String(value) : value));
}
