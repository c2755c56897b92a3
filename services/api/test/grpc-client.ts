import type { MessageCodec } from "@flock/proto";
import { BadRequest, ErrorInfo, RetryInfo, Status } from "@flock/proto/grpc";
import {
  type CallOptions,
  type ChannelCredentials,
  type ChannelOptions,
  Client,
  type ClientReadableStream,
  credentials,
  Metadata,
  type ServiceError,
  type StatusObject,
} from "@grpc/grpc-js";

interface Service {
  readonly fullName: string;
}

/** Messages have many fields, of which a test says some. */
interface Rpc<Request, Response> {
  readonly name: string;
  readonly requestType: MessageCodec<Request> & { fromPartial(fields: object): Request };
  readonly responseType: MessageCodec<Response>;
}

export interface TestCallOptions extends CallOptions {
  readonly metadata?: Record<string, string>;
}

/** An answer that comes in messages. */
export class StreamedMessages<Response> {
  readonly call: ClientReadableStream<Response>;
  readonly received: Response[] = [];
  /** Metadata before the first message. */
  initial: Metadata | undefined;
  /** Settles with the messages when all are there; rejects with the call's error. */
  readonly all: Promise<readonly Response[]>;

  constructor(call: ClientReadableStream<Response>) {
    this.call = call;
    call.on("metadata", (metadata) => {
      this.initial = metadata;
    });
    this.all = new Promise((resolve, reject) => {
      call.on("data", (message: Response) => void this.received.push(message));
      call.on("end", () => resolve(this.received));
      call.on("error", reject);
    });
    this.all.catch(() => {});
  }
}

/** What a test calls the api with: grpc-js, and the messages of the contract. */
export class GrpcTestClient {
  readonly #client: Client;
  readonly #apiKey: string | undefined;

  constructor(
    address: string,
    apiKey: string | undefined,
    security: ChannelCredentials = credentials.createInsecure(),
    options: ChannelOptions = {},
  ) {
    const ownConnection = { "grpc.use_local_subchannel_pool": 1, ...options };
    this.#client = new Client(address, security, ownConnection);
    this.#apiKey = apiKey;
  }

  /** The call that is streamed. */
  stream<Request, Response>(
    service: Service,
    rpc: Rpc<Request, Response>,
    fields: object,
    options: TestCallOptions = {},
  ): StreamedMessages<Response> {
    const call = this.#client.makeServerStreamRequest(
      pathOf(service, rpc),
      (request: Request) => Buffer.from(rpc.requestType.encode(request).finish()),
      (bytes: Buffer) => rpc.responseType.decode(bytes),
      rpc.requestType.fromPartial(fields),
      this.#metadataOf(options),
      options,
    );
    return new StreamedMessages(call);
  }

  /** The answer to a call that is not. */
  ask<Request, Response>(
    service: Service,
    rpc: Rpc<Request, Response>,
    fields: object,
    options: TestCallOptions = {},
  ): Promise<Response> {
    return this.send(
      service,
      rpc,
      Buffer.from(rpc.requestType.encode(rpc.requestType.fromPartial(fields)).finish()),
      options,
    );
  }

  /** Likewise, with whatever bytes. */
  send<Request, Response>(
    service: Service,
    rpc: Rpc<Request, Response>,
    bytes: Buffer,
    options: TestCallOptions = {},
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        pathOf(service, rpc),
        (request: Buffer) => request,
        (answer: Buffer) => rpc.responseType.decode(answer),
        bytes,
        this.#metadataOf(options),
        options,
        (error, response) => {
          if (error !== null) reject(error);
          else if (response === undefined) reject(new Error("an answer without a message"));
          else resolve(response);
        },
      );
    });
  }

  close(): void {
    this.#client.close();
  }

  #metadataOf({ metadata: given = {} }: TestCallOptions): Metadata {
    const metadata = new Metadata();
    if (this.#apiKey !== undefined) metadata.set("authorization", `Bearer ${this.#apiKey}`);
    for (const [key, value] of Object.entries(given)) metadata.set(key, value);
    return metadata;
  }
}

/** What a call failed with; fails the test if it did not. */
export async function failureOf(answer: Promise<unknown>): Promise<ServiceError> {
  try {
    await answer;
  } catch (thrown) {
    return thrown as ServiceError; // CAST: grpc-js rejects with nothing else.
  }
  throw new Error("the call did not fail");
}

export interface ErrorDetails {
  readonly info: ErrorInfo | undefined;
  readonly retryAfterMs: number | undefined;
  readonly fields: readonly string[];
}

/** The details of a status, as `google.rpc.Status` has them. */
export function detailsOf({ code, details, metadata }: StatusObject): ErrorDetails {
  const [bytes] = metadata.get("grpc-status-details-bin");
  if (!Buffer.isBuffer(bytes)) throw new Error("a status without details");
  const status = Status.decode(bytes);
  expect([status.code, status.message]).toEqual([code, details]);
  const found = new Map(
    status.details.map(({ typeUrl, value }) => [
      typeUrl.replace("type.googleapis.com/google.rpc.", ""),
      value,
    ]),
  );
  const [info, retry, bad] = ["ErrorInfo", "RetryInfo", "BadRequest"].map((name) => found.get(name));
  const delay = retry && RetryInfo.decode(retry).retryDelay;
  return {
    info: info && ErrorInfo.decode(info),
    retryAfterMs: delay && Number(delay.seconds) * 1_000 + delay.nanos / 1e6,
    fields: bad === undefined ? [] : BadRequest.decode(bad).fieldViolations.map(({ field }) => field),
  };
}

function pathOf(service: Service, { name }: { readonly name: string }): string {
  return `/${service.fullName}/${name}`;
}
