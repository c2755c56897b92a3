import type { Base64Image } from "../../inference/images.js";
import type { ChatMessage, ToolCall } from "../../inference/inference-request.js";
import { messageRole } from "../../inference/text-bounds.js";
import { type Fields, wrongType } from "../../json-fields.js";
import { JsonTexts } from "../../json-text.js";
import { argumentsOf } from "../openai/tool-arguments.js";
import { type Content, readContent } from "./content-parts.js";

/** A message to which later items may add. */
interface Draft extends Omit<ChatMessage, "content" | "toolCalls"> {
  readonly content: string;
  thinking?: string | undefined;
  toolCalls?: ToolCall[];
}

/** `instructions` and `input` as one conversation; empty if there is neither. */
export function readConversation(fields: Fields): readonly ChatMessage[] {
  const instructions = fields.string("instructions") ?? "";
  const system = instructions === "" ? [] : [{ role: "system", content: instructions }];
  return [...system, ...readInput(fields)];
}

function readInput(fields: Fields): readonly ChatMessage[] {
  const input = fields.raw("input");
  if (input === undefined || input === "") return [];
  if (typeof input === "string") return [{ role: "user", content: input }];
  if (!Array.isArray(input)) throw wrongType("input", "a string or an array of items");
  const items = fields.objects("input") ?? [];
  const conversation = new Conversation();
  for (const item of items) conversation.add(item);
  return conversation.messages();
}

/**
 * Items as messages: what a model thought, said and called in one turn are items of their own here, and one message to
 * a model.
 */
class Conversation {
  readonly #drafts: Draft[] = [];
  readonly #toolNames = new Map<string, string>();
  readonly #texts = new JsonTexts();
  /** Of the assistant's message to come. */
  #thinking = "";

  add(item: Fields): void {
    switch (typeOf(item)) {
      case "message":
        return this.#addMessage(item);
      case "reasoning":
        this.#thinking += summaryOf(item);
        return;
      case "function_call":
        return this.#addCall(item);
      case "function_call_output":
        return this.#addOutput(item);
      default:
        // Among them references to items that other servers keep.
        throw wrongType(
          item.nameOf("type"),
          '"message", "reasoning", "function_call" or "function_call_output": nothing else is supported',
        );
    }
  }

  messages(): readonly ChatMessage[] {
    if (this.#thinking !== "") this.#push({ role: "assistant", content: "" });
    return this.#drafts;
  }

  #addMessage(item: Fields): void {
    const role = messageRole(item.string("role") ?? "", item.nameOf("role"));
    // What OpenAI calls the developer is the system to a model's template.
    this.#push({ role: role === "developer" ? "system" : role, ...contentOf(readContent(item, "content")) });
  }

  #addCall(item: Fields): void {
    const id = item.string("call_id");
    const name = item.string("name") ?? "";
    if (id !== undefined) this.#toolNames.set(id, name);
    const last = this.#drafts.at(-1);
    const turn = last?.role === "assistant" ? last : this.#push({ role: "assistant", content: "" });
    this.#giveThinking(turn);
    turn.toolCalls ??= [];
    const given = argumentsOf(this.#texts, item.string("arguments") ?? "", item.nameOf("arguments"));
    turn.toolCalls.push({ id, function: { name, arguments: given } });
  }

  #addOutput(item: Fields): void {
    const toolCallId = item.string("call_id");
    this.#push({
      role: "tool",
      ...contentOf(readContent(item, "output")),
      toolName: this.#toolNames.get(toolCallId ?? ""),
      toolCallId,
    });
  }

  #push(draft: Draft): Draft {
    if (draft.role === "assistant") this.#giveThinking(draft);
    this.#drafts.push(draft);
    return draft;
  }

  #giveThinking(draft: Draft): void {
    if (this.#thinking === "") return;
    draft.thinking = (draft.thinking ?? "") + this.#thinking;
    this.#thinking = "";
  }
}

/** `message` may be left out. */
function typeOf(item: Fields): string | undefined {
  return item.string("type") ?? (item.raw("role") === undefined ? undefined : "message");
}

/** What was thought. `encrypted_content` says the same if it is ours, and nothing to anybody if it is another's. */
function summaryOf(item: Fields): string {
  const parts = [...(item.objects("summary") ?? []), ...(item.objects("content") ?? [])];
  return parts.map((part) => part.string("text") ?? "").join("");
}

function contentOf({ text, images }: Content): { content: string; images?: readonly Base64Image[] } {
  return { content: text, ...(images.length > 0 ? { images } : {}) };
}
