import { FlockError } from "@flock/errors";
import {
  Server,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from "@grpc/grpc-js";
import type { ClientLimits } from "../answers/answer-sink.js";
import type { ApiMetrics } from "../metrics.js";
import { CallGate, type CallGateOptions, noted } from "./call-gate.js";
import type { GrpcCall } from "./grpc-call.js";
import { type Answer, bufferOf, type GrpcMethod } from "./grpc-method.js";
import { statusOf } from "./status-table.js";

export interface GrpcServerOptions extends CallGateOptions {
  /** Of any request. */
  readonly bodyBytesMax: number;
  readonly limits: ClientLimits;
}

/** What one connection may have under way; another one may have as many. */
const STREAMS_PER_CONNECTION_MAX = 1_000;
/** A client that is silently gone is found out within a minute, also one that waits for its answer. */
const KEEPALIVE_TIME_MS = 40_000;
const KEEPALIVE_TIMEOUT_MS = 20_000;
const CONNECTION_IDLE_MAX_MS = 300_000;
/** In one call that answers each message. */
const MESSAGES_PER_CALL_MAX = 1_000;
const MIB = 1024 * 1024;

/** gRPC's own server, with our methods, each behind the {@link CallGate}. It is given its connections by a listener. */
export function createGrpcServer(options: GrpcServerOptions): Server {
  const gate = new CallGate(options);
  const server = new Server({
    interceptors: [gate.interceptor],
    "grpc.max_receive_message_length": options.bodyBytesMax,
    "grpc.max_send_message_length": -1,
    "grpc.max_concurrent_streams": STREAMS_PER_CONNECTION_MAX,
    "grpc.keepalive_time_ms": KEEPALIVE_TIME_MS,
    "grpc.keepalive_timeout_ms": KEEPALIVE_TIMEOUT_MS,
    "grpc.max_connection_idle_ms": CONNECTION_IDLE_MAX_MS,
    "grpc.enable_channelz": 0,
  });
  for (const method of options.methods) {
    const handler = handlerOf(options, gate, method);
    // Messages stay bytes here: what cannot be decoded is refused in our words, and an answer is encoded once.
    server.register(method.path, handler, asIs, asIs, method.answer.kind);
  }
  return server;
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}

function handlerOf(options: GrpcServerOptions, gate: CallGate, { answer }: GrpcMethod) {
  switch (answer.kind) {
    case "unary":
      return (call: ServerUnaryCall<Buffer, Buffer>, respond: sendUnaryData<Buffer>) =>
        void answerUnary(options, gate.callOf(call.metadata), call.request, answer, respond);
    case "serverStream":
      return (stream: ServerWritableStream<Buffer, Buffer>) =>
        void answerStream(options, gate.callOf(stream.metadata), stream, answer);
    case "bidi":
      return (stream: ServerDuplexStream<Buffer, Buffer>) =>
        converse(options, gate.callOf(stream.metadata), stream, answer);
  }
}

async function answerUnary(
  { logger, metrics, limits }: GrpcServerOptions,
  call: GrpcCall,
  request: Buffer,
  { handle }: Answer & { kind: "unary" },
  respond: sendUnaryData<Buffer>,
): Promise<void> {
  try {
    const answer = bufferOf(await handle(request, call));
    respond(null, answer);
    guardAgainstStall(call, metrics, limits, answer.length);
  } catch (thrown) {
    respond(statusOf(noted(logger, call, thrown)));
  }
}

async function answerStream(
  { logger }: GrpcServerOptions,
  call: GrpcCall,
  stream: ServerWritableStream<Buffer, Buffer>,
  { handle }: Answer & { kind: "serverStream" },
): Promise<void> {
  try {
    await handle(stream.request, call, stream);
  } catch (thrown) {
    // How the library is told of a status.
    stream.emit("error", statusOf(noted(logger, call, thrown)));
  }
}

/** A message is answered before the next one is read, so that a client that does not read is not read from. */
function converse(
  { logger }: GrpcServerOptions,
  call: GrpcCall,
  stream: ServerDuplexStream<Buffer, Buffer>,
  { reply }: Answer & { kind: "bidi" },
): void {
  let messages = 0;
  stream.on("data", (request: Buffer) => {
    try {
      messages += 1;
      if (messages > MESSAGES_PER_CALL_MAX)
        throw new FlockError("resource_exhausted", `a call has at most ${MESSAGES_PER_CALL_MAX} messages`);
      if (stream.write(bufferOf(reply(request)))) return;
      stream.pause();
      stream.once("drain", () => stream.resume());
    } catch (thrown) {
      stream.removeAllListeners("data");
      stream.emit("error", statusOf(noted(logger, call, thrown)));
    }
  });
  stream.on("end", () => stream.end());
}

/** Cuts off whoever leaves a whole answer unread: it may take a while for each megabyte. */
function guardAgainstStall(
  call: GrpcCall,
  metrics: ApiMetrics,
  { stallTimeoutMs }: ClientLimits,
  bytes: number,
): void {
  const timer = setTimeout(
    () => call.cutOff(metrics, "stalled"),
    stallTimeoutMs * Math.ceil(1 + bytes / MIB),
  );
  call.whenOver(() => clearTimeout(timer));
}
