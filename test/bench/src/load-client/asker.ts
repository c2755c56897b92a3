import { type ClientHttp2Session, connect } from "node:http2";
import { connect as connectSocket } from "node:net";
import { Agent } from "undici";
import { checkMessages, checkText } from "./answer-check.js";
import type { Variant } from "./plan.js";
import { timedRequest } from "./timed-request.js";

/** When the first byte of an answer was there, and its last one, in ms from sending the request. */
export interface Times {
  readonly firstByteMs: number;
  readonly totalMs: number;
}

/** Asks one variant over a connection of its own; rejects if the answer is wrong. */
export interface Asker {
  ask(): Promise<Times>;
  close(): Promise<void>;
}

export function askerOf(variant: Variant, tokens: number): Asker {
  return variant.protocol === "grpc" ? new GrpcAsker(variant, tokens) : new HttpAsker(variant, tokens);
}

class HttpAsker implements Asker {
  readonly #agent = new Agent({ connections: 1, pipelining: 1 });
  readonly #variant: Variant;
  readonly #tokens: number;

  constructor(variant: Variant, tokens: number) {
    this.#variant = variant;
    this.#tokens = tokens;
  }

  async ask(): Promise<Times> {
    const { origin, path, body, headers = {}, answer } = this.#variant;
    const all = Object.entries({ "content-type": "application/json", ...headers }).flat();
    const pieces: Buffer[] = [];
    const options = { origin, path, method: "POST", headers: all, body } as const;
    const { statusCode, ...times } = await timedRequest(this.#agent, options, (piece) => {
      pieces.push(Buffer.from(piece));
    });
    checkText(answer, statusCode, String(Buffer.concat(pieces)), this.#tokens);
    return times;
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}

/** On HTTP/2 itself: gRPC's library costs a client as much as a request costs the api, on the same two cores. */
class GrpcAsker implements Asker {
  readonly #session: ClientHttp2Session;
  readonly #variant: Variant;
  readonly #message: Buffer;
  readonly #tokens: number;

  constructor(variant: Variant, tokens: number) {
    const { hostname, port } = new URL(variant.origin);
    const createConnection = () => connectSocket({ host: hostname, port: Number(port), noDelay: true });
    this.#session = connect(variant.origin, { createConnection });
    this.#session.on("error", () => {});
    this.#variant = variant;
    this.#message = Buffer.from(variant.body, "base64");
    this.#tokens = tokens;
  }

  ask(): Promise<Times> {
    const { path, headers = {} } = this.#variant;
    return new Promise((resolve, reject) => {
      const pieces: Buffer[] = [];
      let status = "";
      let firstByteMs = 0;
      const sentMs = performance.now();
      const stream = this.#session.request({
        ":method": "POST",
        ":path": path,
        "content-type": "application/grpc",
        te: "trailers",
        ...headers,
      });
      const read = (received: Readonly<Record<string, unknown>>): void => {
        status = String(received["grpc-status"] ?? status);
      };
      stream.on("response", read).on("trailers", read).on("error", reject);
      stream.on("data", (piece: Buffer) => {
        if (pieces.length === 0) firstByteMs = performance.now() - sentMs;
        pieces.push(piece);
      });
      stream.on("end", () => {
        const totalMs = performance.now() - sentMs;
        try {
          checkMessages(status, Buffer.concat(pieces), this.#tokens);
          resolve({ firstByteMs, totalMs });
        } catch (error) {
          reject(error);
        }
      });
      stream.end(this.#message);
    });
  }

  async close(): Promise<void> {
    this.#session.destroy();
  }
}
