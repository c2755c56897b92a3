import { createEngine, type Engine, type EngineOptions } from "@flock/engine";

export type Line = Record<string, unknown> & {
  response?: string;
  message?: { role: string; content: string };
  done?: boolean;
  done_reason?: string;
  prompt_eval_count?: number;
  eval_count?: number;
  error?: string;
};

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

  stop(): Promise<void> {
    return this.engine.close();
  }

  /** POSTs an object as JSON, or a string as it is. */
  post(path: string, body: unknown, init: RequestInit = {}): Promise<Response> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return fetch(`${this.url}${path}`, { method: "POST", body: text, ...init });
  }

  /** Status and JSON body. */
  async json(path: string, body: unknown): Promise<{ status: number; body: Line }> {
    const response = await this.post(path, body);
    return { status: response.status, body: (await response.json()) as Line };
  }

  /** All lines of a streamed answer. */
  async lines(path: string, body: object): Promise<Line[]> {
    const response = await this.post(path, { model: "flock-tiny", ...body });
    const text = await response.text();
    if (!text.endsWith("\n")) throw new Error(`not lines: ${text}`);
    return text
      .slice(0, -1)
      .split("\n")
      .map((line) => JSON.parse(line) as Line);
  }

  /** One answer, not streamed. */
  async answer(path: string, body: object): Promise<Line> {
    const { status, body: answer } = await this.json(path, { model: "flock-tiny", stream: false, ...body });
    if (status !== 200) throw new Error(`${status}: ${answer.error}`);
    return answer;
  }
}

/** The text that the lines carry, from either endpoint. */
export function textOf(lines: readonly Line[]): string {
  return lines.map((line) => line.response ?? line.message?.content ?? "").join("");
}
