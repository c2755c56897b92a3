import { Agent, request } from "node:http";
import { Ollama } from "ollama";
import { Answer, type AnswerEnd, type AnswerObject } from "./answer.js";

/** A complete answer and what it says about itself. */
export interface WholeAnswer {
  readonly jobId: string;
  readonly text: string;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly doneReason: string;
  readonly last: AnswerObject;
  readonly answer: Answer;
}

/** A client of the api with one key: raw HTTP where a test has to see every byte, and the `ollama` package. */
export class ApiClient {
  readonly apiUrl: string;
  readonly apiKey: string;

  constructor(apiUrl: string, apiKey: string) {
    this.apiUrl = apiUrl;
    this.apiKey = apiKey;
  }

  /** The `ollama` package, unmodified, with the key in a header. */
  ollama(): Ollama {
    return new Ollama({ host: this.apiUrl, headers: { authorization: `Bearer ${this.apiKey}` } });
  }

  /** Sends a request on a connection of its own and follows the answer; `headers` go beside the usual ones. */
  post(path: string, body: object, headers: Readonly<Record<string, string>> = {}): Answer {
    const payload = Buffer.from(JSON.stringify(body));
    const sent = request(`${this.apiUrl}${path}`, {
      method: "POST",
      // A connection of its own: what happens to one answer happens to no other.
      agent: new Agent({ keepAlive: false }),
      headers: {
        ...headers,
        authorization: `Bearer ${this.apiKey}`,
        "content-type": "application/json",
        "content-length": payload.length,
      },
    });
    const answer = new Answer(sent);
    sent.end(payload);
    return answer;
  }

  /** POST /api/generate, streamed unless `body` says otherwise. */
  generate(body: object): Answer {
    return this.post("/api/generate", body);
  }

  /** POST /api/chat, streamed unless `body` says otherwise. */
  chat(body: object): Answer {
    return this.post("/api/chat", body);
  }
}

/** Waits for the answer. Throws with how it ended if that was not well. */
export async function whole(answer: Answer): Promise<WholeAnswer> {
  const end = await answer.ended;
  if (end.kind !== "complete") throw new Error(`the answer did not complete: ${describeEnd(end)}`);
  const { last } = end;
  return {
    jobId: answer.jobId,
    text: answer.text,
    promptTokens: Number(last["prompt_eval_count"] ?? 0),
    completionTokens: Number(last["eval_count"] ?? 0),
    doneReason: String(last["done_reason"] ?? ""),
    last,
    answer,
  };
}

/** One line on how an answer ended, for messages. */
export function describeEnd(end: AnswerEnd): string {
  switch (end.kind) {
    case "complete":
      return `complete (${String(end.last["done_reason"] ?? "")})`;
    case "refused":
      return `refused with ${end.status}: ${end.error}`;
    case "failed":
      return `failed: ${end.error}`;
    case "broken":
      return `broken: ${end.error.message}`;
    case "truncated":
      return `truncated after ${JSON.stringify(end.text.slice(-40))}`;
  }
}
