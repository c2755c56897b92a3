import {
  Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
  type MethodDefinition,
  type ServiceDefinition,
} from "@grpc/grpc-js";
import { fromJSON, loadFileDescriptorSetFromBuffer, type PackageDefinition } from "@grpc/proto-loader";

/** A message as JSON has it. */
export type GenericMessage = Record<string, unknown>;

export interface GenericClientOptions {
  readonly apiKey?: string;
  /** Of reflection; clients know the one or the other. */
  readonly version: "v1" | "v1alpha";
}

const OPTIONS = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true } as const;

/**
 * A client that knows nothing of what it calls, as grpcurl does: it has the protocol of reflection, asks which services
 * there are and what describes them, and makes its calls of that. Messages are JSON by the names of the contract.
 */
export class GenericGrpcClient {
  readonly services: readonly string[];
  readonly #client: Client;
  readonly #metadata: Metadata;
  readonly #version: "v1" | "v1alpha";
  readonly #definitions: PackageDefinition;

  private constructor(
    client: Client,
    metadata: Metadata,
    version: "v1" | "v1alpha",
    services: readonly string[],
    definitions: PackageDefinition,
  ) {
    this.#client = client;
    this.#metadata = metadata;
    this.#version = version;
    this.services = services;
    this.#definitions = definitions;
  }

  static async connect(address: string, options: GenericClientOptions): Promise<GenericGrpcClient> {
    const client = new Client(address, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
    const metadata = new Metadata();
    if (options.apiKey !== undefined) metadata.set("authorization", `Bearer ${options.apiKey}`);
    const [listed] = await reflect(client, options.version, [{ list_services: "*" }]);
    const found = listed?.["list_services_response"] as { service: { name: string }[] } | undefined;
    const services = (found?.service ?? []).map(({ name }) => name);
    const described = await reflect(
      client,
      options.version,
      services.map((file_containing_symbol) => ({ file_containing_symbol })),
    );
    const definitions = loadFileDescriptorSetFromBuffer(descriptorSet(described), OPTIONS);
    return new GenericGrpcClient(client, metadata, options.version, services, definitions);
  }

  /** Answers of reflection itself. */
  reflect(requests: readonly GenericMessage[]): Promise<readonly GenericMessage[]> {
    return reflect(this.#client, this.#version, requests);
  }

  /** All messages of a streamed answer; `onMessage` is told each as it comes. */
  stream(
    service: string,
    rpc: string,
    request: GenericMessage,
    onMessage: (message: GenericMessage) => void = () => {},
  ): Promise<readonly GenericMessage[]> {
    const { path, requestSerialize, responseDeserialize } = this.#methodOf(service, rpc);
    const call = this.#client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      this.#metadata,
    );
    return new Promise((resolve, reject) => {
      const messages: GenericMessage[] = [];
      call.on("data", (message: GenericMessage) => {
        messages.push(message);
        onMessage(message);
      });
      call.on("end", () => resolve(messages));
      call.on("error", reject);
    });
  }

  /** The one answer of a call. */
  ask(service: string, rpc: string, request: GenericMessage): Promise<GenericMessage> {
    const { path, requestSerialize, responseDeserialize } = this.#methodOf(service, rpc);
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        this.#metadata,
        (error, response) => (error === null ? resolve(response ?? {}) : reject(error)),
      );
    });
  }

  close(): void {
    this.#client.close();
  }

  #methodOf(service: string, rpc: string): MethodDefinition<GenericMessage, GenericMessage> {
    const method = (this.#definitions[service] as ServiceDefinition | undefined)?.[rpc];
    if (method === undefined) throw new Error(`reflection tells of no ${service}/${rpc}`);
    return method;
  }
}

/** The protocol of reflection, as its authors publish it: all that such a client brings along. */
function reflectionProtocol(version: "v1" | "v1alpha"): MethodDefinition<GenericMessage, GenericMessage> {
  const string = (id: number) => ({ type: "string", id });
  const list = (type: string, id: number) => ({ rule: "repeated", type, id });
  const message = (fields: object, oneofs?: object) => ({
    fields,
    ...(oneofs === undefined ? {} : { oneofs }),
  });
  const asked = [
    ...["file_by_filename", "file_containing_symbol", "file_containing_extension"],
    ...["all_extension_numbers_of_type", "list_services"],
  ];
  const answered = [
    ...["file_descriptor_response", "all_extension_numbers_response"],
    ...["list_services_response", "error_response"],
  ];
  const nested = {
    ServerReflectionRequest: message(
      {
        host: string(1),
        file_by_filename: string(3),
        file_containing_symbol: string(4),
        file_containing_extension: { type: "ExtensionRequest", id: 5 },
        all_extension_numbers_of_type: string(6),
        list_services: string(7),
      },
      { message_request: { oneof: asked } },
    ),
    ExtensionRequest: message({ containing_type: string(1), extension_number: { type: "int32", id: 2 } }),
    ServerReflectionResponse: message(
      {
        valid_host: string(1),
        original_request: { type: "ServerReflectionRequest", id: 2 },
        file_descriptor_response: { type: "FileDescriptorResponse", id: 4 },
        all_extension_numbers_response: { type: "ExtensionNumberResponse", id: 5 },
        list_services_response: { type: "ListServiceResponse", id: 6 },
        error_response: { type: "ErrorResponse", id: 7 },
      },
      { message_response: { oneof: answered } },
    ),
    FileDescriptorResponse: message({ file_descriptor_proto: list("bytes", 1) }),
    ExtensionNumberResponse: message({ base_type_name: string(1), extension_number: list("int32", 2) }),
    ListServiceResponse: message({ service: list("ServiceResponse", 1) }),
    ServiceResponse: message({ name: string(1) }),
    ErrorResponse: message({ error_code: { type: "int32", id: 1 }, error_message: string(2) }),
    ServerReflection: {
      methods: {
        ServerReflectionInfo: {
          requestType: "ServerReflectionRequest",
          requestStream: true,
          responseType: "ServerReflectionResponse",
          responseStream: true,
        },
      },
    },
  };
  const root = { nested: { grpc: { nested: { reflection: { nested: { [version]: { nested } } } } } } };
  // CAST: its type wants every level to be a message as well.
  const json = root as unknown as Parameters<typeof fromJSON>[0];
  const service = fromJSON(json, OPTIONS)[`grpc.reflection.${version}.ServerReflection`] as ServiceDefinition;
  const method = service["ServerReflectionInfo"];
  if (method === undefined) throw new Error("the protocol of reflection has its method");
  return method;
}

/** An answer to each request, in their order, over one call. */
function reflect(
  client: Client,
  version: "v1" | "v1alpha",
  requests: readonly GenericMessage[],
): Promise<readonly GenericMessage[]> {
  const { path, requestSerialize, responseDeserialize } = reflectionProtocol(version);
  const call: ClientDuplexStream<GenericMessage, GenericMessage> = client.makeBidiStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
  );
  return new Promise((resolve, reject) => {
    const answers: GenericMessage[] = [];
    call.on("data", (answer: GenericMessage) => void answers.push(answer));
    call.on("end", () => resolve(answers));
    call.on("error", reject);
    for (const request of requests) call.write(request);
    call.end();
  });
}

/** A google.protobuf.FileDescriptorSet of all files that were told, each once. */
function descriptorSet(answers: readonly GenericMessage[]): Buffer {
  const files = new Map<string, Buffer>();
  for (const answer of answers) {
    const told = answer["file_descriptor_response"] as { file_descriptor_proto: Buffer[] } | undefined;
    for (const file of told?.file_descriptor_proto ?? []) files.set(file.toString("base64"), file);
  }
  // Field 1 of the set, a message: tag, length, bytes.
  return Buffer.concat(
    [...files.values()].flatMap((file) => [Buffer.from([0x0a]), varint(file.length), file]),
  );
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.from([...bytes, rest]);
}
