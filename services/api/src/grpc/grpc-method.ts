import { FlockError } from "@flock/errors";
import { decodeCounted, type MessageCodec } from "@flock/proto";
import type { ServerWritableStream } from "@grpc/grpc-js";
import type { CalledMethod, MethodOptions } from "./called-method.js";
import type { GrpcCall } from "./grpc-call.js";

/** Where the messages of an answer go, encoded. */
export type MessageStream = ServerWritableStream<Buffer, Buffer>;

/** How a method answers. Requests come as bytes, of which it makes its own message. */
export type Answer =
  | { readonly kind: "unary"; readonly handle: (request: Buffer, call: GrpcCall) => Promise<Uint8Array> }
  | {
      readonly kind: "serverStream";
      /** Rejects with what is told instead of an answer; once it has resolved, whoever took the stream ends it. */
      readonly handle: (request: Buffer, call: GrpcCall, stream: MessageStream) => Promise<void>;
    }
  | { readonly kind: "bidi"; readonly reply: (request: Buffer) => Uint8Array };

/** A method that the server answers. */
export interface GrpcMethod extends CalledMethod {
  readonly answer: Answer;
}

/** An `rpc` as ts-proto generates it. */
interface Rpc<Request, Response> {
  readonly name: string;
  readonly requestType: MessageCodec<Request>;
  readonly responseType: MessageCodec<Response>;
}
type UnaryRpc<Request, Response> = Rpc<Request, Response> & {
  readonly requestStream: false;
  readonly responseStream: false;
};
type StreamingRpc<Request, Response> = Rpc<Request, Response> & {
  readonly requestStream: false;
  readonly responseStream: true;
};
type BidiRpc<Request, Response> = Rpc<Request, Response> & {
  readonly requestStream: true;
  readonly responseStream: true;
};

/** A `service` as ts-proto generates it. */
interface Service {
  readonly fullName: string;
}

/** Unless a method takes more. */
export const REQUEST_BYTES_MAX = 64 * 1024;
/** Bounds the memory of a request: one of a few megabytes could be millions of empty messages. */
const REQUEST_FIELDS_MAX = 500_000;

/** A method with one answer. */
export function unary<Request, Response>(
  service: Service,
  rpc: UnaryRpc<Request, Response>,
  options: MethodOptions,
  handle: (request: Request, call: GrpcCall) => Promise<Response>,
): GrpcMethod {
  const answer = async (bytes: Buffer, call: GrpcCall) =>
    rpc.responseType.encode(await handle(decoded(rpc, bytes), call)).finish();
  return { ...methodOf(service, rpc, options), answer: { kind: "unary", handle: answer } };
}

/** A method that streams its answer. */
export function streaming<Request, Response>(
  service: Service,
  rpc: StreamingRpc<Request, Response>,
  options: MethodOptions,
  handle: (request: Request, call: GrpcCall, stream: MessageStream) => Promise<void>,
): GrpcMethod {
  const answer = async (bytes: Buffer, call: GrpcCall, stream: MessageStream) =>
    handle(decoded(rpc, bytes), call, stream);
  return { ...methodOf(service, rpc, options), answer: { kind: "serverStream", handle: answer } };
}

/** A method that answers each message of a stream with one. */
export function conversing<Request, Response>(
  service: Service,
  rpc: BidiRpc<Request, Response>,
  options: MethodOptions,
  reply: (request: Request) => Response,
): GrpcMethod {
  const answer = (bytes: Buffer) => rpc.responseType.encode(reply(decoded(rpc, bytes))).finish();
  return { ...methodOf(service, rpc, options), answer: { kind: "bidi", reply: answer } };
}

/** Encoded bytes as the library writes them. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function methodOf(service: Service, rpc: { readonly name: string }, options: MethodOptions) {
  const path = `/${service.fullName}/${rpc.name}`;
  return { requestBytesMax: REQUEST_BYTES_MAX, isEndless: false, ...options, path };
}

function decoded<Request>({ requestType }: { requestType: MessageCodec<Request> }, bytes: Buffer): Request {
  const request = decodeCounted(requestType, bytes, REQUEST_FIELDS_MAX);
  if (request.ok) return request.message;
  const what = request.reason === "malformed" ? "is not the message of this method" : "has too many fields";
  throw new FlockError("invalid_argument", `the request ${what}`);
}
