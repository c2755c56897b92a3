import { describeGoldenEvents, type Json, type Said, toolCallChunk } from "./describe-golden-events.js";
import {
  ANTHROPIC_ADDITIONS,
  ANTHROPIC_DIFFERENCES,
  ANTHROPIC_FRAME_DIFFERENCES,
} from "./golden-anthropic-differences.js";

interface Block {
  readonly type: string;
  readonly text?: string;
  readonly thinking?: string;
  readonly id?: string;
  readonly name?: string;
  readonly input?: object;
}

/** What is the model's doing of a whole message, or of an event. */
interface AnthropicObject {
  readonly type: string;
  readonly content?: readonly Block[];
  readonly content_block?: Block;
  readonly delta?: {
    readonly text?: string;
    readonly thinking?: string;
    readonly partial_json?: string;
  } & Stop;
  readonly usage?: { readonly input_tokens: number; readonly output_tokens: number };
  readonly stop_reason?: string;
}
interface Stop {
  readonly stop_reason?: string;
}

function saidIn(objects: readonly Json[]): Said {
  const pieces: Said["pieces"][number][] = [];
  let called: Block | undefined;
  let reason: string | undefined;
  let usage: AnthropicObject["usage"];
  // CAST: what an Ollama answers to Anthropic's clients.
  for (const object of objects as unknown as readonly AnthropicObject[]) {
    const { content = [], content_block: block, delta = {} } = object;
    for (const { type, text = "", thinking = "", id = "", name = "", input } of content)
      pieces.push(type === "tool_use" ? toolCallChunk(id, name, input) : { text, thinking });
    if (block !== undefined) called = block;
    const { text = "", thinking = "", partial_json: given } = delta;
    if (given !== undefined)
      pieces.push(toolCallChunk(called?.id ?? "", called?.name ?? "", JSON.parse(given)));
    else if (text !== "" || thinking !== "") pieces.push({ text, thinking });
    reason = object.stop_reason ?? delta.stop_reason ?? reason;
    usage = object.usage ?? usage;
  }
  return {
    pieces,
    ending: {
      doneReason: reason === "max_tokens" ? "length" : "stop",
      promptTokens: usage?.input_tokens ?? 0,
      completionTokens: usage?.output_tokens ?? 0,
    },
  };
}

/** How many tokens the prompt has, while nobody has counted: Ollama's guess counts the blanks of a tool's schema. */
function withoutGuess(event: Json): Json {
  const { type, message } = event;
  if (type !== "message_start" || typeof message !== "object") return event;
  return { ...event, message: { ...message, usage: { output_tokens: 0 } } };
}

describeGoldenEvents({
  name: "Anthropic",
  file: "v1-messages",
  path: "/v1/messages",
  differences: ANTHROPIC_DIFFERENCES,
  frameDifferences: ANTHROPIC_FRAME_DIFFERENCES,
  additions: ANTHROPIC_ADDITIONS,
  saidIn,
  withoutGuess,
});
