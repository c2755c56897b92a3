import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { type AskedBody, FakeOllama } from "./fake-ollama.js";

/** An answer of a real Ollama, token by token. */
export interface Recording {
  /** The prompt as the model's template renders it, and how many tokens that is. */
  readonly renderedPrompt: string;
  readonly promptTokens: number;
  /** What the model wrote, a token each. A character may take several: their bytes. */
  readonly tokens: readonly (string | Uint8Array)[];
  /** True if the model then ended its answer (one more token, without text); else it would have gone on. */
  readonly isWhole: boolean;
  /** The call that the tokens spell: Ollama says nothing while it is written, and then tells it in one line. */
  readonly toolCall?: { readonly name: string; readonly arguments: object };
}

/** One line of a stream. */
export type RecordedLine = Readonly<Record<string, unknown>>;

const MODEL = { name: "recorded:latest", digest: "9e".repeat(32), capabilities: ["completion", "tools"] };
/** As long as a real one takes to load a small model. */
const LOAD_NS = 500_000_000;
/** A real Ollama ends an answer, without a last line, after so many repetitions of a piece. */
const REPEATS_MAX = 30;
const BLANK = /^\s+$/;
/** Options that a runner is started with: other ones, and Ollama starts it anew. */
const RUNNER_OPTIONS = [
  ...["num_ctx", "num_batch", "num_gpu", "main_gpu", "num_thread", "use_mmap", "use_mlock"],
  ...["numa", "low_vram", "vocab_only", "draft_num_predict"],
];

/**
 * A fake Ollama 0.33 that replays one recorded answer, for what the embedded engine does not do: lines without running
 * counts, characters of several tokens, text held back for stop words, the end of a repetitive answer without a last
 * line, models loaded anew for another context, and other text after a prompt that ends in a blank. What it sends is
 * held to the transcripts of a real one (`recorded-ollama.test.ts`, `test/golden`).
 */
export class RecordedOllama extends FakeOllama {
  /** Bodies of the requests for text, in order. */
  readonly seen: AskedBody[] = [];
  /** How often the model was loaded. */
  loads = 0;
  readonly #recording: Recording;
  #loadedAs: string | undefined;

  private constructor(recording: Recording) {
    super(MODEL);
    this.#recording = recording;
  }

  static start(recording: Recording): Promise<RecordedOllama> {
    return new RecordedOllama(recording).listening();
  }

  protected answer(path: string, body: AskedBody, answer: ServerResponse): void {
    this.seen.push(body);
    if (body._debug_render_only === true) {
      const { renderedPrompt } = this.#recording;
      return void answer.end(JSON.stringify({ _debug_info: { rendered_template: renderedPrompt } }));
    }
    const lines = this.linesOf(path === "/api/chat" ? "chat" : "generate", body);
    if (body.keep_alive === 0) this.#loadedAs = undefined;
    if (body.stream === false) return void answer.end(JSON.stringify(lines.at(-1)));
    answer.writeHead(200, { "content-type": "application/x-ndjson" });
    for (const line of lines) answer.write(`${JSON.stringify(line)}\n`);
    answer.end();
  }

  /** The stream that answers `body`. */
  linesOf(endpoint: "generate" | "chat", body: Readonly<Record<string, unknown>>): RecordedLine[] {
    const options = (body.options ?? {}) as Readonly<Record<string, unknown>> & {
      readonly num_predict?: number;
      readonly stop?: string[];
    };
    const { renderedPrompt, promptTokens, tokens, isWhole, toolCall } = this.#recording;
    const prefix = body.raw === true ? String(body.prompt).slice(renderedPrompt.length) : "";
    const from = tokenAt(tokens, prefix);
    const isOnOtherCourse = from > 0 && BLANK.test(textOf(tokens.slice(from - 1, from)));
    const limit =
      options.num_predict !== undefined && options.num_predict > 0 ? options.num_predict : Infinity;
    const rest = isOnOtherCourse ? ["Quite", " another", " text"] : tokens.slice(from);
    const generated = rest.slice(0, limit);
    const { texts, evalCount, end } = written(generated, options.stop ?? []);
    const lines =
      toolCall === undefined
        ? texts.map((text): RecordedLine => ({ ...piece(endpoint, text), done: false }))
        : [{ message: { role: "assistant", content: "", tool_calls: [callOf(toolCall)] }, done: false }];
    if (end === "repetition") return lines;
    const endsByItself = end === undefined && generated.length < limit && isWhole;
    return [
      ...lines,
      {
        ...piece(endpoint, ""),
        done: true,
        done_reason: end === "stop" || endsByItself ? "stop" : "length",
        load_duration: this.#load([...RUNNER_OPTIONS.map((name) => options[name] ?? null), body.shift]),
        prompt_eval_count: promptTokens + from,
        eval_count: evalCount + (endsByItself ? 1 : 0),
      },
    ];
  }

  /** A model is loaded anew whenever what its runner was started with changes. */
  #load(as: object): number {
    const key = JSON.stringify(as);
    if (this.#loadedAs === key) return 0;
    this.#loadedAs = key;
    this.loads += 1;
    return LOAD_NS;
  }
}

function piece(endpoint: "generate" | "chat", text: string): RecordedLine {
  return endpoint === "chat" ? { message: { role: "assistant", content: text } } : { response: text };
}

function callOf(toolCall: object): object {
  return { id: `call_${randomBytes(4).toString("hex")}`, function: { index: 0, ...toolCall } };
}

function bytesOf(tokens: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(tokens.map((token) => Buffer.from(token)));
}

function textOf(tokens: readonly (string | Uint8Array)[]): string {
  return bytesOf(tokens).toString("utf8");
}

/** How many tokens `text` is: the first so many of the recording. */
function tokenAt(tokens: readonly (string | Uint8Array)[], text: string): number {
  const wanted = Buffer.byteLength(text);
  let bytes = 0;
  let count = 0;
  for (const token of tokens) {
    if (bytes >= wanted) break;
    bytes += Buffer.from(token).length;
    count += 1;
  }
  return count;
}

/**
 * The lines that tokens become: a piece is sent once its characters are whole and it can be no beginning of a stop
 * word.
 */
function written(tokens: readonly (string | Uint8Array)[], stops: readonly string[]) {
  const texts: string[] = [];
  let held: (string | Uint8Array)[] = [];
  let last = "";
  let repeats = 0;
  let evalCount = 0;
  for (const token of tokens) {
    held.push(token);
    evalCount += 1;
    const text = textOf(held);
    const stopAt = Math.min(...stops.map((stop) => text.indexOf(stop)).filter((index) => index >= 0));
    if (Number.isFinite(stopAt)) {
      if (stopAt > 0) texts.push(text.slice(0, stopAt));
      return { texts, evalCount, end: "stop" as const };
    }
    if (text.includes("\ufffd") || stops.some((stop) => endsInBeginningOf(stop, text))) continue;
    held = [];
    repeats = text.trim() === last ? repeats + 1 : 0;
    last = text.trim();
    if (repeats > REPEATS_MAX) return { texts, evalCount, end: "repetition" as const };
    texts.push(text);
  }
  return { texts, evalCount, end: undefined };
}

function endsInBeginningOf(stop: string, text: string): boolean {
  for (let length = 1; length < stop.length; length++) if (text.endsWith(stop.slice(0, length))) return true;
  return false;
}
