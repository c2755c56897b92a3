import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from "node:http";

/** One object of an answer: a line of a stream, or the whole of an answer that is not streamed. */
export type AnswerObject = Readonly<Record<string, unknown>>;

/**
 * How an answer ended, as its client can tell.
 *
 * | kind        | what the client saw                                                                          |
 * | ----------- | -------------------------------------------------------------------------------------------- |
 * | `complete`  | status 200 and an object with `done: true` (or the one object of an answer without streaming) |
 * | `refused`   | another status, with a JSON error                                                            |
 * | `failed`    | status 200, then an error line as the last one                                               |
 * | `broken`    | no connection, a connection that was cut, or something that is no JSON                       |
 * | `truncated` | an orderly end of a stream without `done: true` and without an error: must never happen      |
 */
export type AnswerEnd =
  | { readonly kind: "complete"; readonly last: AnswerObject }
  | { readonly kind: "refused"; readonly status: number; readonly error: string }
  | { readonly kind: "failed"; readonly error: string }
  | { readonly kind: "broken"; readonly error: Error }
  | { readonly kind: "truncated"; readonly text: string };

/**
 * An answer of the api as it arrives over raw HTTP: every line with its time, the text so far, and how it ended.
 * Nothing of it is retried or smoothed over, unlike with a client library.
 */
export class Answer {
  /** Of the request, on the clock of performance.now(). */
  readonly sentMs = performance.now();
  readonly lines: AnswerObject[] = [];
  /** When each line arrived. */
  readonly linesMs: number[] = [];
  /** Settles when nothing more will come; never rejects. */
  readonly ended: Promise<AnswerEnd>;
  endedMs: number | undefined;
  status = 0;
  headers: IncomingHttpHeaders = {};
  readonly #request: ClientRequest;
  #response: IncomingMessage | undefined;
  #unfinished = "";
  /** A line that is no JSON object, if one came. */
  #foreign: string | undefined;
  readonly #watchers = new Set<() => void>();

  constructor(request: ClientRequest) {
    this.#request = request;
    this.ended = new Promise((resolve) => {
      const end = (result: AnswerEnd): void => {
        if (this.endedMs !== undefined) return;
        this.endedMs = performance.now();
        resolve(result);
        this.#notify();
      };
      request.once("error", (error) => end({ kind: "broken", error }));
      request.once("response", (response) => {
        this.#response = response;
        this.status = response.statusCode ?? 0;
        this.headers = response.headers;
        response.setEncoding("utf8");
        response.on("data", (part: string) => this.#take(part));
        response.once("error", (error) => end({ kind: "broken", error }));
        response.once("close", () => end(response.complete ? this.#end() : broken("cut off")));
      });
    });
  }

  /** The id of the request, which is that of its job. */
  get jobId(): string {
    return String(this.headers["x-request-id"] ?? "");
  }

  /** The generated text so far. */
  get text(): string {
    return this.lines.map(textOf).join("");
  }

  /** Resolves once `isThere` holds; it is asked again with each line. Rejects if the answer ends before. */
  until(what: string, isThere: (answer: this) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (isThere(this)) resolve();
        else if (this.endedMs === undefined) return;
        else reject(new Error(`the answer ended before ${what}`));
        this.#watchers.delete(look);
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** Goes away, as a client does that is closed. */
  abort(): void {
    this.#request.destroy();
  }

  /** Reads no further until `resume`. */
  pause(): void {
    this.#response?.pause();
  }

  resume(): void {
    this.#response?.resume();
  }

  #take(part: string): void {
    const lines = (this.#unfinished + part).split("\n");
    this.#unfinished = lines.pop() ?? "";
    for (const line of lines) this.#add(line);
    this.#notify();
  }

  #add(line: string): void {
    const object = parseObject(line);
    if (object === undefined) this.#foreign = line;
    else {
      this.lines.push(object);
      this.linesMs.push(performance.now());
    }
  }

  #end(): AnswerEnd {
    if (this.#unfinished !== "") this.#add(this.#unfinished);
    if (this.#foreign !== undefined) return broken(`not a JSON object: ${this.#foreign.slice(0, 100)}`);
    const last = this.lines.at(-1) ?? {};
    const error = String(last["error"] ?? "");
    if (this.status !== 200) return { kind: "refused", status: this.status, error };
    if (error !== "") return { kind: "failed", error };
    const isStream = String(this.headers["content-type"]).includes("ndjson");
    if (last["done"] === true || (!isStream && this.lines.length === 1)) return { kind: "complete", last };
    return { kind: "truncated", text: this.text };
  }

  #notify(): void {
    for (const look of [...this.#watchers]) look();
  }
}

function broken(message: string): AnswerEnd {
  return { kind: "broken", error: new Error(message) };
}

function parseObject(line: string): AnswerObject | undefined {
  try {
    const value: unknown = JSON.parse(line);
    // CAST: an object that JSON.parse made has string keys.
    return typeof value === "object" && value !== null ? (value as AnswerObject) : undefined;
  } catch {
    return undefined;
  }
}

/** The piece of generated text in an object of /api/generate or /api/chat. */
export function textOf(object: AnswerObject): string {
  const message = object["message"] as { content?: string } | undefined;
  return String(object["response"] ?? message?.content ?? "");
}
