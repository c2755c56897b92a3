import { createEngine, type Engine, type EngineOptions } from "@flock/engine";

/** The fields of an answer or of one line of it that tests look at. */
export interface Answer {
  readonly [field: string]: unknown;
  readonly model?: string;
  readonly response?: string;
  readonly message?: { readonly role: string; readonly content: string };
  readonly done?: boolean;
  readonly done_reason?: string;
  readonly prompt_eval_count?: number;
  readonly eval_count?: number;
  readonly logprobs?: readonly Logprob[];
  readonly embeddings?: readonly (readonly number[])[];
  readonly error?: string;
  readonly _debug_info?: { readonly rendered_template: string };
}

export interface Logprob {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[];
  readonly top_logprobs?: readonly Logprob[];
}

/** An engine with the bundled model on a free port, and the requests that the tests make of it. */
export class RunningEngine {
  readonly engine: Engine;
  readonly url: string;

  private constructor(engine: Engine, url: string) {
    this.engine = engine;
    this.url = url;
  }

  static async start(options: EngineOptions = {}): Promise<RunningEngine> {
    const engine = await createEngine(options);
    const { url } = await engine.listen({ host: "127.0.0.1", port: 0 });
    return new RunningEngine(engine, url);
  }

  /** POSTs an object as JSON, or a string as it is. */
  post(path: string, body: object | string, init: RequestInit = {}): Promise<Response> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return fetch(`${this.url}${path}`, { method: "POST", body: text, ...init });
  }

  /** Status and JSON body, whatever they are. */
  async json(path: string, body: object | string): Promise<{ status: number; body: Answer }> {
    const response = await this.post(path, body);
    return { status: response.status, body: (await response.json()) as Answer };
  }

  /** GETs JSON. */
  async get(path: string): Promise<Answer> {
    return (await (await fetch(`${this.url}${path}`)).json()) as Answer;
  }

  /** All lines of a streamed answer of the bundled model. */
  async lines(path: string, body: object): Promise<Answer[]> {
    const response = await this.post(path, { model: "flock-tiny", ...body });
    const text = await response.text();
    if (!response.ok || !text.endsWith("\n")) throw new Error(`${response.status}, not lines: ${text}`);
    const lines = text.slice(0, -1).split("\n");
    return lines.map((line) => JSON.parse(line) as Answer);
  }

  /** One answer of the bundled model, not streamed. */
  async answer(path: string, body: object): Promise<Answer> {
    const { status, body: answer } = await this.json(path, { model: "flock-tiny", stream: false, ...body });
    if (status !== 200) throw new Error(`${status}: ${answer.error}`);
    return answer;
  }
}

/** The text that lines or answers of either endpoint carry. */
export function textOf(...answers: readonly Answer[]): string {
  return answers.map((answer) => answer.response ?? answer.message?.content ?? "").join("");
}
