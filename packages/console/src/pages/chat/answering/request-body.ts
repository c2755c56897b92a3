import type { Answer, AnswerOptions, Turn } from "../conversation/turns.js";

interface ApiMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
  readonly images?: readonly string[];
}

/** What the model reads: the instruction, and the turns on the way to the answer that is asked for. */
export function messagesOf(path: readonly Turn[], { system }: AnswerOptions): readonly ApiMessage[] {
  const instruction: readonly ApiMessage[] =
    system === undefined ? [] : [{ role: "system", content: system }];
  return [...instruction, ...path.flatMap(messageOf)];
}

/** An answer that never had a word is none. */
function messageOf(turn: Turn): readonly ApiMessage[] {
  if (turn.kind === "answer") return turn.text === "" ? [] : [{ role: "assistant", content: turn.text }];
  const images = turn.images.map(({ data }) => data);
  return [{ role: "user", content: turn.text, ...(images.length === 0 ? {} : { images }) }];
}

/** The body of `POST /api/chat`. */
export function requestBody({ model, options }: Answer, messages: readonly ApiMessage[]): object {
  const { system: _, format, think, ...sampling } = options;
  return {
    model,
    messages,
    stream: true,
    options: sampling,
    ...(think === undefined ? {} : { think }),
    ...(format === undefined ? {} : { format: format === "json" ? format : JSON.parse(format) }),
  };
}
