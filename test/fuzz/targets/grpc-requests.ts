import { decodeCounted, encode } from "@flock/proto";
import { ChatRequest, EmbedRequest, GenerateRequest } from "@flock/proto/public";
import fc from "fast-check";
import {
  chatRequestOf,
  completionRequestOf,
  embedRequestOf,
} from "../../../services/api/src/grpc/inference-requests.js";
import { preferencesOfMessage } from "../../../services/api/src/grpc/preference-fields.js";
import { fuzzTarget } from "../fuzz-target.js";
import { mutatedMessages } from "../generators/wire.js";
import { mustHold, taken } from "../outcome.js";

const FIELDS_MAX = 500_000;
const PNG = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");

const asked = {
  ...{ model: "able:7b", logprobs: true, topLogprobs: 2 },
  options: { numPredict: 5, seed: 42n, temperature: 0.5, stop: ["\n"] },
  preferences: {
    maxPriceMicro: 5n,
    excludeWorkers: ["w-aaaa"],
    fallbackModels: ["flock-tiny"],
    checkedOnly: true,
  },
};
const tool = {
  name: "f",
  description: "does",
  parametersJson: '{"type":"object","properties":{"a":{"type":"string"}}}',
};
const message = {
  ...{ role: "assistant", content: "hi", thinking: "hm", toolName: "f", toolCallId: "1" },
  toolCalls: [{ id: "1", index: 0, name: "f", argumentsJson: '{"a":[1,{"b":null}]}' }],
};

const KINDS = [
  {
    seeds: [
      encode(
        ChatRequest,
        ChatRequest.fromPartial({
          ...asked,
          tools: [tool],
          messages: [message, { role: "user", content: "x" }],
        }),
      ),
      encode(
        ChatRequest,
        ChatRequest.fromPartial({
          ...asked,
          format: { $case: "jsonSchema", value: '{"type":"object"}' },
          messages: [message],
        }),
      ),
    ],
    read: (bytes: Buffer) => readAs(ChatRequest, bytes, chatRequestOf),
  },
  {
    seeds: [
      encode(
        GenerateRequest,
        GenerateRequest.fromPartial({ ...asked, prompt: "hi", images: [PNG], suffix: "x" }),
      ),
    ],
    read: (bytes: Buffer) => readAs(GenerateRequest, bytes, completionRequestOf),
  },
  {
    seeds: [
      encode(EmbedRequest, EmbedRequest.fromPartial({ model: "able:7b", input: ["a", "b"], dimensions: 2 })),
    ],
    read: (bytes: Buffer) => readAs(EmbedRequest, bytes, embedRequestOf),
  },
];

function readAs<T extends { preferences?: Parameters<typeof preferencesOfMessage>[0] }>(
  codec: Parameters<typeof decodeCounted<T>>[0],
  bytes: Buffer,
  read: (message: T) => object,
): object | undefined {
  const decoded = decodeCounted(codec, bytes, FIELDS_MAX);
  if (!decoded.ok) return undefined;
  const { message: request } = decoded;
  const found = taken(() => ({
    preferences: preferencesOfMessage(request.preferences),
    request: read(request),
  }));
  return found?.value.request;
}

export const grpcRequests = fuzzTarget({
  name: "grpc-requests",
  about: "the messages of gRPC's clients, up to what is run",
  open: () => ({
    inputs: fc.oneof(
      ...KINDS.map(({ seeds, read }) =>
        fc.record({ bytes: mutatedMessages(seeds), read: fc.constant(read) }),
      ),
    ),
    probe: ({ bytes, read }) => {
      const request = read(bytes);
      if (request === undefined) return false;
      const again: unknown = JSON.parse(JSON.stringify(request));
      mustHold(JSON.stringify(again) === JSON.stringify(request), "a request that JSON cannot say");
      return true;
    },
  }),
});
