import type { JobResult } from "@flock/jobs";
import type { AnswerPiece } from "../../answers/answer-piece.js";
import type { CollectedAnswer } from "../../answers/collected-answer.js";
import type { PublicError } from "../../public-error.js";
import type { ToldStory } from "../../stories/job-story.js";
import { flockMember } from "../../stories/story-member.js";
import type { TextFormat } from "../answer-text.js";
import { timestamp } from "./timestamp.js";

/** `generate` has `response`, `chat` has `message`; all else is the same. */
export type TextShape = "generate" | "chat";

const END_PIECE: AnswerPiece = { text: "", thinking: "", logprobs: [], toolCalls: [] };

/**
 * Writes answers as Ollama does: NDJSON, or one object. Built from strings, not objects: a line is made for every token
 * of every client, and all that changes in it is a piece of text.
 */
export class OllamaTextFormat implements TextFormat {
  readonly headers = { "content-type": "application/x-ndjson" };
  readonly #shape: TextShape;
  readonly #head: string;
  readonly #durationNs: () => number;

  /** `requestedModel` is echoed as the client wrote it; `durationNs` is asked for at the end. */
  constructor(shape: TextShape, requestedModel: string, durationNs: () => number) {
    this.#shape = shape;
    this.#head = `{"model":${JSON.stringify(requestedModel)},"created_at":"`;
    this.#durationNs = durationNs;
  }

  piece(piece: AnswerPiece): string {
    return `${this.#members(piece)},"done":false}\n`;
  }

  end(result: JobResult, story?: ToldStory): string {
    return `${this.#members(END_PIECE)}${this.#ending(result)}${flockMember(story)}}\n`;
  }

  /** Clients read the error of such a line, and nothing else. */
  error({ message }: PublicError, story?: ToldStory): string {
    return `{"error":${JSON.stringify(message)}${flockMember(story)}}\n`;
  }

  /** The answer to a request that is not streamed. */
  whole(answer: CollectedAnswer): string {
    return `${this.#members(answer)}${this.#ending(answer.result)}}`;
  }

  /** The answer to a request without a prompt: `load` or `unload`, with nothing generated. */
  withoutPrompt(doneReason: "load" | "unload"): string {
    return `${this.#members(END_PIECE)},"done":true,"done_reason":"${doneReason}"}`;
  }

  #members(piece: AnswerPiece): string {
    const text = JSON.stringify(piece.text);
    const thinking = piece.thinking === "" ? "" : `,"thinking":${JSON.stringify(piece.thinking)}`;
    const toolCalls = piece.toolCalls.length === 0 ? "" : `,"tool_calls":${JSON.stringify(piece.toolCalls)}`;
    const logprobs = piece.logprobs.length === 0 ? "" : `,"logprobs":${JSON.stringify(piece.logprobs)}`;
    const head = `${this.#head}${timestamp()}",`;
    return this.#shape === "generate"
      ? `${head}"response":${text}${thinking}${toolCalls}${logprobs}`
      : `${head}"message":{"role":"assistant","content":${text}${thinking}${toolCalls}}${logprobs}`;
  }

  #ending(result: JobResult): string {
    return (
      `,"done":true,"done_reason":${JSON.stringify(result.doneReason)}` +
      `,"total_duration":${this.#durationNs()},"load_duration":${result.loadDurationNs}` +
      `,"prompt_eval_count":${result.promptTokens},"prompt_eval_duration":${result.promptEvalDurationNs}` +
      `,"eval_count":${result.completionTokens},"eval_duration":${result.evalDurationNs}` +
      // Not Ollama's: it says so where a count is not the engine's own.
      (result.completionTokensBound === "exact"
        ? ""
        : `,"eval_count_bound":"${result.completionTokensBound}"`)
    );
  }
}
