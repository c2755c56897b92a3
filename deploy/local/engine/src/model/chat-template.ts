import { FlockError } from "@flock/errors";
import { Template } from "@huggingface/jinja";

export interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** What {@link ChatTemplate} takes from the model file. */
export interface ChatTemplateSource {
  /** The Jinja template `tokenizer.chat_template`. */
  readonly template: string;
  readonly bosToken: string;
  readonly eosToken: string;
}

/** Renders conversations into the text that the model was trained to continue. */
export class ChatTemplate {
  readonly #template: Template;
  readonly #variables: { bos_token: string; eos_token: string };

  constructor({ template, bosToken, eosToken }: ChatTemplateSource) {
    this.#template = new Template(template);
    this.#variables = { bos_token: bosToken, eos_token: eosToken };
  }

  /**
   * The prompt for the next assistant message. Consecutive messages of one role are merged with a blank line, as Ollama
   * does; if the last message is the assistant's, it is left open and continued. Throws `invalid_argument` when the
   * template refuses the conversation.
   */
  render(messages: readonly ChatMessage[]): string {
    const merged = mergeConsecutive(messages);
    const last = merged.at(-1);
    const isContinued = last?.role === "assistant" && last.content !== "";
    try {
      const text = this.#template.render({
        ...this.#variables,
        messages: merged,
        add_generation_prompt: !isContinued,
      });
      return isContinued ? leaveOpen(text, last.content) : text;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new FlockError("invalid_argument", `the model's chat template refuses these messages: ${reason}`);
    }
  }
}

/** Cuts what the template puts behind the last message's content. */
function leaveOpen(text: string, content: string): string {
  const start = text.lastIndexOf(content);
  return start === -1 ? text : text.slice(0, start + content.length);
}

function mergeConsecutive(messages: readonly ChatMessage[]): ChatMessage[] {
  const merged: ChatMessage[] = [];
  for (const message of messages) {
    const last = merged.at(-1);
    if (last?.role === message.role) {
      merged[merged.length - 1] = { role: last.role, content: `${last.content}\n\n${message.content}` };
    } else {
      merged.push(message);
    }
  }
  return merged;
}
