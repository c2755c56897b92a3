import type { Logger } from "@flock/observability";
import { ChatResponse, GenerateResponse, InferenceDefinition } from "@flock/proto/public";
import type { AnswerClient, ClientLimits } from "../../answers/answer-sink.js";
import { collectAnswer } from "../../answers/collected-answer.js";
import { collectVectors } from "../../answers/collected-vectors.js";
import { streamAnswer } from "../../answers/streamed-answer.js";
import type { Inference } from "../../inference/inference.js";
import type { ChatRequest, CompletionRequest } from "../../inference/inference-request.js";
import type { ApiMetrics } from "../../metrics.js";
import { doneOf } from "../answer-messages.js";
import { type AnswerCodec, AnswerFormat, type AnswerFrame, AnswerStream } from "../answer-stream.js";
import type { GrpcCall } from "../grpc-call.js";
import { type GrpcMethod, type MessageStream, streaming, unary } from "../grpc-method.js";
import { chatRequestOf, completionRequestOf, embedRequestOf } from "../inference-requests.js";
import { preferencesOfMessage } from "../preference-fields.js";
import { durationOfNs } from "../proto-time.js";
import { storyOf } from "../story-messages.js";

/** What has requests run and sends their answers. */
export interface GrpcInference {
  readonly inference: Inference;
  readonly limits: ClientLimits;
  readonly bodyBytesMax: number;
  readonly metrics: ApiMetrics;
  readonly logger: Logger;
}

/** The service `Inference`. */
export function inferenceMethods(gateway: GrpcInference): readonly GrpcMethod[] {
  const { generate, chat, embed } = InferenceDefinition.methods;
  const options = { access: { takes: "key" }, requestBytesMax: gateway.bodyBytesMax } as const;
  return [
    streaming(InferenceDefinition, generate, options, (request, call, stream) => {
      call.context.prefer(preferencesOfMessage(request.preferences));
      return answer(gateway, call, stream, completionRequestOf(request), GenerateResponse);
    }),
    streaming(InferenceDefinition, chat, options, (request, call, stream) => {
      call.context.prefer(preferencesOfMessage(request.preferences));
      return answer(gateway, call, stream, chatRequestOf(request), ChatResponse);
    }),
    unary(InferenceDefinition, embed, options, async (request, call) => {
      const { context } = call;
      context.prefer(preferencesOfMessage(request.preferences));
      const asked = embedRequestOf(request);
      const found = await collectVectors(gateway.inference, context, asked, call.gone);
      return {
        embeddings: found.vectors.map((values) => ({ values: [...values] })),
        promptTokens: BigInt(found.promptTokens),
        totalDuration: durationOfNs(context.durationNs),
        loadDuration: durationOfNs(found.loadDurationNs),
        jobId: context.run.jobId,
        model: context.facts.model ?? "",
        story: storyOf(context.story?.told()),
      };
    }),
  ];
}

/** Has the request run and sends its answer, as a stream or as one message, whichever was asked for. */
async function answer(
  gateway: GrpcInference,
  call: GrpcCall,
  stream: MessageStream,
  request: ChatRequest | CompletionRequest,
  codec: AnswerCodec,
): Promise<void> {
  const { context, gone } = call;
  const client: AnswerClient<AnswerFrame> = {
    gone,
    open: () => new AnswerStream(call, stream, { ...gateway, codec }),
  };
  if (request.isStreamed) return streamAnswer(gateway, context, request, new AnswerFormat(context), client);
  const whole = await collectAnswer(gateway.inference, context, request, gone);
  client.open().end({ ...whole, done: doneOf(context, whole.result) });
}
