import { ChatRequest } from "@flock/proto/public";
import type { BenchMesh } from "../bench-mesh.js";
import type { Variant } from "../load-client/plan.js";
import { LOAD_GENERATOR_MODEL, type LoadInstructions } from "../load-generator/load-instructions.js";

const model = LOAD_GENERATOR_MODEL;

/** The same job of the load generator, asked for in each way that the api has. */
export function chatVariants(mesh: BenchMesh, instructions: LoadInstructions, stream: boolean) {
  const content = JSON.stringify(instructions);
  const messages = [{ role: "user", content }];
  const { tokens } = instructions;
  const http = (path: string, answer: Variant["answer"], fields: object): Variant => ({
    protocol: "http",
    origin: mesh.api.origin,
    path,
    body: JSON.stringify({ model, stream, ...fields }),
    headers: mesh.credential,
    answer,
  });
  return {
    ollama: http("/api/chat", "ollama", { messages, options: { num_predict: tokens } }),
    openai: http("/v1/chat/completions", "openai", { messages, max_tokens: tokens }),
    responses: http("/v1/responses", "responses", { input: messages, max_output_tokens: tokens }),
    anthropic: http("/v1/messages", "anthropic", { messages, max_tokens: tokens }),
    grpc: {
      protocol: "grpc",
      origin: mesh.grpcOrigin,
      path: "/flock.public.v1.Inference/Chat",
      body: framed(
        ChatRequest.encode(
          ChatRequest.fromPartial({ model, messages, options: { numPredict: tokens }, whole: !stream }),
        ).finish(),
      ),
      headers: mesh.credential,
      answer: "ollama",
    } satisfies Variant,
  };
}

function framed(message: Uint8Array): string {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]).toString("base64");
}
