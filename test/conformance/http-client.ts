import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { connect, type Socket } from "node:net";

/** What the conformance tests run against: any api that speaks the dialect. */
export interface Target {
  readonly baseUrl: string;
  readonly apiKey: string;
  /** A model that can complete text, and nothing else (no tools, images, thinking, insert). */
  readonly model: string;
  /** What the model answers at length. */
  readonly longPrompt: string;
}

export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is: with a content length, or chunk by chunk if it is a list. */
  readonly body?: string | Buffer | readonly Buffer[];
  readonly agent?: Agent;
}

export interface RawResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly socket: Socket;
}

/** Sends a request with nothing added to it: no content type, no key. */
export async function send(baseUrl: string, raw: RawRequest): Promise<RawResponse> {
  const url = new URL(baseUrl);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: url.hostname,
        port: url.port,
        method: raw.method,
        path: raw.path,
        headers: { ...raw.headers, ...lengthOf(raw.body) },
        ...(raw.agent === undefined ? { agent: false } : { agent: raw.agent }),
      },
      (response) => readAll(response).then(resolve, reject),
    );
    outgoing.once("error", reject);
    if (Array.isArray(raw.body)) for (const chunk of raw.body) outgoing.write(chunk);
    outgoing.end(Array.isArray(raw.body) ? undefined : raw.body);
  });
}

function lengthOf(body: RawRequest["body"]): Record<string, string> {
  if (body === undefined) return {};
  if (typeof body !== "string" && !Buffer.isBuffer(body)) return { "transfer-encoding": "chunked" };
  return { "content-length": String(Buffer.byteLength(body)) };
}

async function readAll(response: IncomingMessage): Promise<RawResponse> {
  const { socket } = response;
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: Buffer.concat(chunks).toString("utf8"),
    socket,
  };
}

/** Writes bytes to a fresh connection and returns all that comes back until `isEnough`, or the connection ends. */
export async function exchangeBytes(
  baseUrl: string,
  bytes: string | Buffer,
  isEnough: (received: string) => boolean = () => false,
): Promise<string> {
  const url = new URL(baseUrl);
  const socket = connect(Number(url.port), url.hostname);
  let received = "";
  try {
    socket.write(bytes);
    for await (const chunk of socket) {
      received += chunk;
      if (isEnough(received)) break;
    }
  } finally {
    socket.destroy();
  }
  return received;
}

/** An agent that keeps exactly one connection, so that its reuse can be observed. */
export function oneConnection(): Agent {
  return new Agent({ keepAlive: true, maxSockets: 1 });
}

export function bearer({ apiKey }: Pick<Target, "apiKey">): Record<string, string> {
  return { authorization: `Bearer ${apiKey}` };
}
