import { ChatResponse } from "@flock/proto/public";
import type { AnswerKind } from "./plan.js";

/** The end of an answer, as far as dialects have it in common. */
interface End {
  readonly isDone: boolean;
  /** Undefined where the dialect does not tell. */
  readonly tokens: number | undefined;
}

interface Told {
  readonly done?: boolean;
  readonly eval_count?: number;
  readonly choices?: readonly { readonly finish_reason?: string }[];
  readonly usage?: { readonly completion_tokens?: number; readonly output_tokens?: number };
  readonly status?: string;
  readonly type?: string;
  readonly response?: Told;
  readonly stop_reason?: string;
}

const READERS: Readonly<Record<AnswerKind, (text: string, last: () => Told) => End>> = {
  ollama: (_text, last) => ({ isDone: last().done === true, tokens: last().eval_count }),
  openai: (text, last) =>
    isEvents(text)
      ? { isDone: text.trimEnd().endsWith("data: [DONE]"), tokens: undefined }
      : {
          isDone: typeof last().choices?.[0]?.finish_reason === "string",
          tokens: last().usage?.completion_tokens,
        },
  responses: (_text, last) => {
    const response = last().response ?? last();
    return {
      isDone: /^(?:completed|incomplete)$/.test(response.status ?? ""),
      tokens: response.usage?.output_tokens,
    };
  },
  anthropic: (text, last) =>
    isEvents(text)
      ? { isDone: last().type === "message_stop", tokens: undefined }
      : { isDone: typeof last().stop_reason === "string", tokens: last().usage?.output_tokens },
};

/** Throws an Error that says what is wrong with an answer over HTTP. */
export function checkText(kind: AnswerKind, status: number, text: string, tokens: number): void {
  const last = (): Told => {
    const line = text.trimEnd().split("\n").at(-1) ?? "";
    return JSON.parse(line.replace(/^data: /, "")) as Told;
  };
  const end = status === 200 ? READERS[kind](text, last) : undefined;
  if (end?.isDone !== true || (end.tokens ?? tokens) !== tokens)
    throw new Error(`wrong answer: status ${status}, ${text.slice(-500)}`);
}

/** Likewise, of the messages of an answer over gRPC. */
export function checkMessages(status: string, bytes: Buffer, tokens: number): void {
  let done: ChatResponse["done"];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 5 + bytes.readUInt32BE(at + 1);
    done = ChatResponse.decode(bytes.subarray(at + 5, end)).done;
    at = end;
  }
  if (status !== "0" || Number(done?.completionTokens) !== tokens)
    throw new Error(`wrong answer: status ${status}, ${JSON.stringify(done?.reason)}`);
}

function isEvents(text: string): boolean {
  return text.startsWith("data: ") || text.startsWith("event: ");
}
