import type { AnswerPiece } from "../../answers/answer-piece.js";
import { SSE_HEADERS, sseEvent } from "../../http/sse.js";
import type { PublicError } from "../../public-error.js";
import type { ToldStory } from "../../stories/job-story.js";
import { flockMember, flockMembers } from "../../stories/story-member.js";
import type { TextFormat } from "../answer-text.js";
import { answerHead, beginningOf, sourceOf } from "./answer-head.js";
import { streamErrorBody } from "./error-body.js";
import { type TextResult, usageOf } from "./usage.js";

/**
 * Writes completions as OpenAI does: events, or one object; both are of the same kind. There is no place in them for
 * thinking and logprobs, as with Ollama.
 */
export class CompletionFormat implements TextFormat {
  readonly headers = SSE_HEADERS;
  readonly #beginning: string;
  readonly #source: string;
  readonly #includesUsage: boolean;

  /** `requestedModel` is echoed as the client wrote it. */
  constructor(requestId: string, requestedModel: string, includesUsage: boolean) {
    const head = answerHead("cmpl", requestId, requestedModel);
    this.#beginning = beginningOf(head, "text_completion");
    this.#source = sourceOf(head);
    this.#includesUsage = includesUsage;
  }

  piece({ text }: AnswerPiece): string {
    return this.#chunk(choice(text, null));
  }

  end(result: TextResult, story?: ToldStory): string {
    const usage = this.#includesUsage ? this.#chunk("", usageOf(result)) : "";
    const last = this.#chunk(choice("", finishReason(result)), "null", flockMember(story));
    return last + usage + sseEvent("[DONE]");
  }

  error(error: PublicError, story?: ToldStory): string {
    return sseEvent(JSON.stringify({ ...streamErrorBody(error), ...flockMembers(story) }));
  }

  whole({ text, result }: { readonly text: string; readonly result: TextResult }): string {
    const choices = `"choices":[${choice(text, finishReason(result))}]`;
    return `{${this.#beginning},${this.#source},${choices},"usage":${usageOf(result)}}`;
  }

  /** Where the usage is to come, the chunks before it say that it is not there yet. */
  #chunk(choices: string, usage = "null", more = ""): string {
    const usageMember = this.#includesUsage ? `,"usage":${usage}` : "";
    return sseEvent(`{${this.#beginning},"choices":[${choices}],${this.#source}${usageMember}${more}}`);
  }
}

function choice(text: string, finish: "stop" | "length" | null): string {
  return `{"text":${JSON.stringify(text)},"index":0,"finish_reason":${JSON.stringify(finish)}}`;
}

function finishReason({ doneReason }: TextResult): "stop" | "length" {
  return doneReason === "length" ? "length" : "stop";
}
