import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
} from "node:http2";
import { connect as connectSocket } from "node:net";

/** How a call ended: by a status, or with its stream. */
export interface RawEnd {
  /** `grpc-status`; undefined without one. */
  readonly status: number | undefined;
  readonly message: string;
}

/** One call on the wire, of which the test sends every byte. */
export class RawCall {
  readonly stream: ClientHttp2Stream;
  readonly ended: Promise<RawEnd>;

  constructor(stream: ClientHttp2Stream) {
    this.stream = stream;
    stream.on("error", () => {});
    const headers: IncomingHttpHeaders[] = [];
    stream.on("response", (more) => headers.push(more));
    stream.on("trailers", (more) => headers.push(more));
    stream.resume();
    this.ended = new Promise((resolve) => {
      stream.on("close", () => {
        const found = Object.assign({}, ...headers) as IncomingHttpHeaders;
        const status = found["grpc-status"];
        const message = decodeURI(String(found["grpc-message"] ?? ""));
        resolve({ status: status === undefined ? undefined : Number(status), message });
      });
    });
  }

  /** Resolves when the session has taken the bytes, or the stream is gone. */
  async send(bytes: Buffer): Promise<void> {
    if (this.stream.destroyed || this.stream.closed) return;
    await new Promise<void>((resolve) => {
      this.stream.once("close", resolve);
      this.stream.write(bytes, () => {
        this.stream.off("close", resolve);
        resolve();
      });
    });
  }
}

/** A bare HTTP/2 connection to the api. */
export class RawGrpc {
  readonly session: ClientHttp2Session;
  readonly #apiKey: string | undefined;
  readonly closed: Promise<void>;

  constructor(address: string, apiKey: string | undefined) {
    const [host = "", port = ""] = address.split(":");
    const createConnection = () => connectSocket({ host, port: Number(port), noDelay: true });
    this.session = connect(`http://${address}`, { createConnection });
    this.#apiKey = apiKey;
    this.session.on("error", () => {});
    this.closed = new Promise((resolve) => this.session.once("close", resolve));
  }

  call(path: string, headers: Readonly<Record<string, string>> = {}): RawCall {
    const credential = this.#apiKey === undefined ? {} : { authorization: `Bearer ${this.#apiKey}` };
    return new RawCall(
      this.session.request({
        ":method": "POST",
        ":path": path,
        "content-type": "application/grpc",
        te: "trailers",
        ...credential,
        ...headers,
      }),
    );
  }

  close(): void {
    this.session.destroy();
  }
}

/** A message as gRPC frames it. `announced`: the length that it says. */
export function framed(
  message: Uint8Array,
  { isCompressed = false, announced = message.length } = {},
): Buffer {
  const head = Buffer.alloc(5);
  head[0] = isCompressed ? 1 : 0;
  head.writeUInt32BE(announced, 1);
  return Buffer.concat([head, message]);
}
