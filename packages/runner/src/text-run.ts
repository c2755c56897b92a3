import { FlockError } from "@flock/errors";
import type { Piece, RunResult } from "@flock/jobs";
import type { Resume } from "@flock/proto/jobs";
import type { Ollama } from "ollama/browser";
import { type Continuation, continuationsOf, fromTheBeginning } from "./continuation.js";
import type { ModelProfile } from "./model-profile.js";
import type { OllamaAccess } from "./ollama-access.js";
import { ollamaClient } from "./ollama-client.js";
import { translateOllamaError } from "./ollama-errors.js";
import { RawThinking } from "./raw-thinking.js";
import { countTokens, type RenderedPrompt, renderedPrompt } from "./rendered-prompt.js";
import { logprobsBehind } from "./repeated-logprobs.js";
import { RepeatedText } from "./repeated-text.js";
import { Repetition } from "./repetition.js";
import { optionsOf } from "./request-body.js";
import { pieceOf, readLine, type StreamLine, TokenCounter, textOf } from "./stream-line.js";

/** More text than any model's answer; an Ollama that sends more is broken. */
const OUTPUT_CHARACTERS_MAX = 16 * 1024 * 1024;

export interface TextRequest {
  readonly ollama: OllamaAccess;
  readonly endpoint: "generate" | "chat";
  readonly body: Readonly<Record<string, unknown>>;
  readonly resume: Resume | undefined;
  readonly profile: ModelProfile;
  readonly emit: (piece: Piece) => void;
  readonly signal: AbortSignal;
}

/** The model went on in another way than the text that it was expected to write once more. */
class Diverged extends Error {}

/** Has Ollama generate a text and passes its pieces on: from the beginning, or where another worker stopped. */
export async function runText(request: TextRequest): Promise<RunResult> {
  const { ollama, endpoint, body, resume, profile, signal } = request;
  if (resume === undefined) return new TextStream(request, fromTheBeginning(endpoint, body, undefined)).run();
  const begun = { client: ollamaClient(ollama, signal), endpoint, body, resume, profile };
  for (const work of await continuationsOf(begun, () => promptOf(request))) {
    const continuation = await work();
    if (continuation === undefined) continue;
    if (continuation.isOver) return alreadyOver(continuation, resume);
    try {
      return await new TextStream(request, continuation).run();
    } catch (thrown) {
      if (!(thrown instanceof Diverged)) throw continuationError(thrown, signal);
    }
  }
  throw new FlockError("unavailable", "the model did not go on after the text of another worker");
}

/** The prompt as the model reads it; undefined if its Ollama cannot tell. */
async function promptOf({
  ollama,
  endpoint,
  body,
  signal,
}: TextRequest): Promise<RenderedPrompt | undefined> {
  return ollama.takesQuestions ? renderedPrompt(ollamaClient(ollama, signal), endpoint, body) : undefined;
}

/** The request was taken once: whatever is refused now is not its client's fault. */
function continuationError(thrown: unknown, signal: AbortSignal): FlockError {
  const error = translateOllamaError(thrown, signal);
  if (error.code !== "invalid_argument") return error;
  return new FlockError("unavailable", `Ollama does not go on: ${error.message}`, { cause: thrown });
}

/** The last worker was lost after its last token and before its final. */
function alreadyOver(continuation: Continuation, resume: Resume): RunResult {
  const { promptTokens, skippedTokens, isLowerBound } = continuation;
  return {
    doneReason: "length",
    promptTokens,
    resumedTokens: withinResume(skippedTokens, resume),
    completionTokens: 0,
    isLowerBound,
    ...{ loadDurationNs: 0, promptEvalDurationNs: 0, evalDurationNs: 0 },
  };
}

const NOTHING_DELIVERED = { deliveredTokens: 0, deliveredTokensMax: 0 };

/** What a receipt may say of the tokens that earlier leases had generated. */
function withinResume(tokens: number, resume: Resume | undefined): number {
  const { deliveredTokens: min, deliveredTokensMax: max } = resume ?? NOTHING_DELIVERED;
  return Math.min(Math.max(tokens, min), Math.max(min, max));
}

/** One streamed answer of Ollama: its pieces, its end, its counts. */
class TextStream {
  readonly #request: TextRequest;
  readonly #continuation: Continuation;
  readonly #hangUp = new AbortController();
  readonly #client: Ollama;
  readonly #counter: TokenCounter;
  readonly #repeated: RepeatedText;
  readonly #repeatedThinking: RepeatedText;
  readonly #rawThinking: RawThinking | undefined;
  readonly #repetition: Repetition;
  /** What was delivered and this stream does not repeat. */
  readonly #begun: string;
  /** Tokens of lines that only repeated what was delivered. */
  #repeatedTokens = 0;
  #text = "";
  #characters = 0;
  #tokensMax = 0;

  constructor(request: TextRequest, continuation: Continuation) {
    this.#request = request;
    this.#continuation = continuation;
    this.#client = ollamaClient(request.ollama, AbortSignal.any([request.signal, this.#hangUp.signal]));
    this.#counter = new TokenCounter([...request.profile.stopWords, ...stopWordsOf(request.body)]);
    const { repeats, repeatsThinking, thinkingEnd } = continuation;
    this.#repeated = new RepeatedText(repeats);
    this.#repeatedThinking = new RepeatedText(repeatsThinking);
    this.#rawThinking = thinkingEnd === undefined ? undefined : new RawThinking(thinkingEnd);
    this.#begun = begunText(request.resume, continuation.repeats);
    this.#repetition = new Repetition(this.#begun);
  }

  async run(): Promise<RunResult> {
    try {
      return await this.#run();
    } catch (thrown) {
      this.#hangUp.abort(); // Whatever we refuse to read on, Ollama must not go on to generate.
      throw thrown;
    }
  }

  async #run(): Promise<RunResult> {
    const { endpoint, body } = this.#continuation;
    const request = { ...body, stream: true };
    // CAST: the body was put together from untyped JSON; Ollama validates it.
    const lines = (await (endpoint === "chat"
      ? this.#client.chat(request as never)
      : this.#client.generate(request as never))) as unknown as AsyncIterable<unknown>;
    const last = await this.#read(lines);
    if (this.#isRepeating) throw new Diverged();
    const rest = this.#rawThinking?.flush();
    if (rest?.thinking) this.#request.emit({ tokens: 0, thinking: rest.thinking });
    if (last === undefined && this.#repetition.isAtLimit) return this.#repetitiveEnd();
    // Upstream sends an empty reason when its runner died: a failed job, not a finished one.
    if (last === undefined || !last.done_reason)
      throw new FlockError("unavailable", "Ollama ended the answer without a reason");
    return this.#result(last, last.done_reason, last.eval_count ?? this.#counter.counted);
  }

  /** Reads to the end; returns the last line, unless the answer ended without one. */
  async #read(lines: AsyncIterable<unknown>): Promise<StreamLine | undefined> {
    try {
      for await (const sent of lines) {
        const line = readLine(sent);
        if (line.remote_host)
          throw new FlockError("unavailable", "this model is only a proxy for a hosted service");
        const isCounted = line.done || line.eval_count !== undefined;
        if (!isCounted && this.#repetition.add(saidIn(line))) {
          this.#hangUp.abort();
          return undefined;
        }
        this.#take(line);
        if (line.done) return line;
      }
    } catch (thrown) {
      if (!isMissingEnd(thrown)) throw thrown;
    }
    return undefined;
  }

  get #isRepeating(): boolean {
    return this.#repeated.isPending || this.#repeatedThinking.isPending;
  }

  #take(line: StreamLine): void {
    const read = pieceOf(line, this.#counter);
    if (read === undefined) return;
    const piece = { ...read, ...this.#rawThinking?.add(read.text ?? "") };
    const { text = "", thinking = "" } = piece;
    this.#characters += text.length + thinking.length;
    if (this.#characters > OUTPUT_CHARACTERS_MAX)
      throw new FlockError("unavailable", "Ollama sent more text than any answer has");
    this.#text += text;
    this.#tokensMax += piece.tokensMax ?? piece.tokens;
    const isRepeating = this.#isRepeating;
    const visible = this.#repeated.beyond(text);
    const visibleThinking = this.#repeatedThinking.beyond(thinking);
    if (visible === undefined || visibleThinking === undefined) throw new Diverged();
    // Whatever comes before all of it was said once more is another answer.
    const isElse = visible !== "" || piece.toolCallsJson !== undefined;
    const isMore = visibleThinking !== "" || piece.toolCallsJson !== undefined;
    if (isElse && this.#repeatedThinking.isPending) throw new Diverged();
    if (isMore && this.#repeated.isPending) throw new Diverged();
    if (isRepeating && visibleThinking === "" && !isElse) {
      this.#repeatedTokens += piece.tokens;
      return;
    }
    this.#emit(piece, { text: visible, thinking: visibleThinking }, text.length + thinking.length);
  }

  /** Passes on what of a piece is new; `length` is that of all of it. */
  #emit(piece: Piece, news: { text: string; thinking: string }, length: number): void {
    const { promptTokens: told, logprobsJson, ...rest } = piece;
    const promptTokens = this.#continuation.promptTokens || told;
    const repeatedLength = length - news.text.length - news.thinking.length;
    this.#request.emit({
      ...rest,
      ...news,
      ...(promptTokens ? { promptTokens } : {}),
      ...(logprobsJson === undefined ? {} : { logprobsJson: logprobsBehind(logprobsJson, repeatedLength) }),
    });
  }

  /** The ordinary end of an answer that repeats itself (see {@link Repetition}): Ollama tells no counts. */
  async #repetitiveEnd(): Promise<RunResult> {
    const { ollama, body, signal } = this.#request;
    const counted = this.#counter.counted;
    const prompt = await promptOf(this.#request);
    if (prompt === undefined) return { ...this.#result({}, "stop", counted), isLowerBound: true };
    const { promptTokens: known } = this.#continuation;
    const client = ollamaClient(ollama, signal);
    const promptTokens = known || (await countTokens(client, prompt, "", body));
    if (counted === this.#tokensMax)
      return this.#result({ prompt_eval_count: promptTokens }, "stop", counted);
    const all = (await countTokens(client, prompt, this.#begun + this.#text, body)) - promptTokens;
    const evalCount = all - this.#continuation.skippedTokens;
    const isPossible = evalCount >= counted && evalCount <= this.#tokensMax;
    const result = this.#result(
      { prompt_eval_count: promptTokens },
      "stop",
      isPossible ? evalCount : counted,
    );
    return isPossible ? result : { ...result, isLowerBound: true };
  }

  /** @param evalCount Tokens that this stream has generated, repeated ones included. */
  #result(last: StreamLine, doneReason: string, evalCount: number): RunResult {
    const { skippedTokens, promptTokens, isLowerBound } = this.#continuation;
    const total = skippedTokens + evalCount;
    const resumedTokens = withinResume(skippedTokens + this.#repeatedTokens, this.#request.resume);
    return {
      doneReason,
      promptTokens: promptTokens || (last.prompt_eval_count ?? 0),
      resumedTokens,
      completionTokens: Math.max(0, total - resumedTokens),
      isLowerBound,
      loadDurationNs: last.load_duration ?? 0,
      promptEvalDurationNs: last.prompt_eval_duration ?? 0,
      evalDurationNs: last.eval_duration ?? 0,
    };
  }
}

/** The Ollama client's way to say that a stream has ended in order, but without a last line. */
function isMissingEnd(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.message.startsWith("Did not receive done");
}

function begunText(resume: Resume | undefined, repeats: string): string {
  return resume?.deliveredText.slice(0, resume.deliveredText.length - repeats.length) ?? "";
}

/** What Ollama compares with the piece before: text or thinking, whichever a line has. */
function saidIn(line: StreamLine): string {
  return textOf(line) || line.thinking || line.message?.thinking || "";
}

function stopWordsOf(body: Readonly<Record<string, unknown>>): readonly string[] {
  const { stop } = optionsOf(body);
  return Array.isArray(stop) ? stop.map(String) : [];
}
