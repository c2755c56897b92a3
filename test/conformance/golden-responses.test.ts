import { describeGoldenEvents, type Json, type Said, toolCallChunk } from "./describe-golden-events.js";
import {
  RESPONSES_ADDITIONS,
  RESPONSES_DIFFERENCES,
  RESPONSES_FRAME_DIFFERENCES,
} from "./golden-responses-differences.js";

interface Item {
  readonly type: string;
  readonly content?: readonly { readonly text: string }[];
  readonly summary?: readonly { readonly text: string }[];
  readonly call_id?: string;
  readonly name?: string;
  readonly arguments?: string;
}
interface Whole {
  readonly object: "response";
  readonly output: readonly Item[];
  readonly usage: { readonly input_tokens: number; readonly output_tokens: number };
}
interface Event {
  readonly object?: undefined;
  readonly type: string;
  readonly delta?: string;
  readonly item?: Item;
  readonly response?: Whole;
}

function saidIn(objects: readonly Json[]): Said {
  // CAST: what an Ollama answers to clients of the Responses API.
  const answers = objects as unknown as readonly (Whole | Event)[];
  const last = answers.at(-1);
  const whole = last?.object === "response" ? last : last?.response;
  const isStream = answers.length > 1;
  return {
    pieces: isStream
      ? answers.flatMap((event) => piecesOfEvent(event as Event))
      : (whole?.output ?? []).map(pieceOf),
    ending: {
      doneReason: "stop",
      promptTokens: whole?.usage.input_tokens ?? 0,
      completionTokens: whole?.usage.output_tokens ?? 0,
    },
  };
}

function piecesOfEvent({ type, delta = "", item }: Event): Said["pieces"] {
  if (type === "response.output_text.delta") return [{ text: delta }];
  if (type === "response.reasoning_summary_text.delta") return [{ text: "", thinking: delta }];
  const isCall = type === "response.output_item.done" && item?.type === "function_call";
  return isCall ? [pieceOf(item)] : [];
}

function pieceOf(item: Item): Said["pieces"][number] {
  if (item.type === "function_call")
    return toolCallChunk(item.call_id ?? "", item.name ?? "", JSON.parse(item.arguments ?? "{}"));
  if (item.type === "reasoning") return { text: "", thinking: item.summary?.[0]?.text ?? "" };
  return { text: item.content?.[0]?.text ?? "" };
}

describeGoldenEvents({
  name: "the Responses API",
  file: "v1-responses",
  path: "/v1/responses",
  differences: RESPONSES_DIFFERENCES,
  frameDifferences: RESPONSES_FRAME_DIFFERENCES,
  additions: RESPONSES_ADDITIONS,
  saidIn,
});
