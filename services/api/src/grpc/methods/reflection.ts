import {
  DESCRIBED_FILES,
  ServerReflectionAlphaDefinition,
  ServerReflectionDefinition,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
} from "@flock/proto/grpc";
import { status } from "@grpc/grpc-js";
import { conversing, type GrpcMethod } from "../grpc-method.js";

type Answer = ServerReflectionResponse["messageResponse"];

/**
 * gRPC's standard reflection, in both of its versions: which services there are, and the files that describe them, so
 * that a client needs nothing but the address.
 * @param services Names of the services that are served, beside reflection itself.
 */
export function reflectionMethods(services: readonly string[]): readonly GrpcMethod[] {
  const versions = [ServerReflectionDefinition, ServerReflectionAlphaDefinition];
  const served = [...services, ...versions.map(({ fullName }) => fullName)].sort();
  const options = { access: { open: "read" }, isEndless: true } as const;
  return versions.map((definition) =>
    conversing(definition, definition.methods.serverReflectionInfo, options, (request) => ({
      validHost: request.host,
      originalRequest: request,
      messageResponse: answerTo(request, served),
    })),
  );
}

function answerTo({ messageRequest: asked }: ServerReflectionRequest, services: readonly string[]): Answer {
  switch (asked?.$case) {
    case "listServices":
      return { $case: "listServicesResponse", value: { service: services.map((name) => ({ name })) } };
    case "fileByFilename":
      return filesFrom(Object.hasOwn(DESCRIBED_FILES, asked.value) ? asked.value : undefined);
    case "fileContainingSymbol":
      return filesFrom(FILES_OF_SYMBOLS.get(asked.value.replace(/^\./, "")));
    case "allExtensionNumbersOfType":
      // There are none, of whatever message.
      if (!FILES_OF_SYMBOLS.has(asked.value)) return NOT_FOUND;
      return {
        $case: "allExtensionNumbersResponse",
        value: { baseTypeName: asked.value, extensionNumber: [] },
      };
    case "fileContainingExtension":
      return NOT_FOUND;
    case undefined:
      return error(status.INVALID_ARGUMENT, "the request asks for nothing that is known here");
  }
}

const FILES_OF_SYMBOLS: ReadonlyMap<string, string> = new Map(
  Object.entries(DESCRIBED_FILES).flatMap(([name, { symbols }]) => symbols.map((symbol) => [symbol, name])),
);

const NOT_FOUND = error(status.NOT_FOUND, "there is nothing of this name");

function error(errorCode: status, errorMessage: string): Answer {
  return { $case: "errorResponse", value: { errorCode, errorMessage } };
}

/** The file and all that it imports: many clients do not ask for those by themselves. */
function filesFrom(name: string | undefined): Answer {
  if (name === undefined) return NOT_FOUND;
  const names = [...withImports(name)];
  const fileDescriptorProto = names.map((each) => Buffer.from(DESCRIBED_FILES[each]?.base64 ?? "", "base64"));
  return { $case: "fileDescriptorResponse", value: { fileDescriptorProto } };
}

function withImports(name: string, found = new Set<string>()): ReadonlySet<string> {
  found.add(name);
  for (const imported of DESCRIBED_FILES[name]?.imports ?? [])
    if (!found.has(imported)) withImports(imported, found);
  return found;
}
