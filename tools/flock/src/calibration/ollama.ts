import { FlockError } from "@flock/errors";
import type { AnswerPiece, TokenChoice } from "@flock/evidence";
import { z } from "zod";

/** More than any answer of a few hundred tokens with its choices. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

const choice = z.looseObject({ token: z.string(), logprob: z.number() });
const line = z.looseObject({
  response: z.string().default(""),
  done: z.boolean().default(false),
  done_reason: z.string().nullish(),
  eval_count: z.number().nullish(),
  logprobs: z.array(z.looseObject({ top_logprobs: z.array(choice).nullish() })).nullish(),
  error: z.string().nullish(),
  _debug_info: z.looseObject({ rendered_template: z.string() }).nullish(),
});
const tags = z.looseObject({ models: z.array(z.looseObject({ name: z.string(), digest: z.string() })) });
const version = z.looseObject({ version: z.string(), engine: z.string().optional() });

/** What is asked of a model, as a client asks it: one prompt. */
export interface Question {
  readonly model: string;
  readonly prompt: string;
  readonly system?: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** An answer as it came. */
export interface Said {
  readonly text: string;
  readonly pieces: readonly AnswerPiece[];
  /** It ended by itself, not at a limit. */
  readonly isEnded: boolean;
}

/** What a model finds likely behind a text. */
export interface Next {
  /** Most likely first; undefined: it ended there, and told no choices. */
  readonly choices: readonly TokenChoice[] | undefined;
}

/** The digest of a model, and the engine as the network names it: `ollama/0.33.1`. */
export async function identityAt(
  url: string,
  model: string,
  signal: AbortSignal,
): Promise<{ readonly digest: string; readonly engine: string }> {
  const [listed, told] = await Promise.all([
    asked(url, "/api/tags", undefined, signal),
    asked(url, "/api/version", undefined, signal),
  ]);
  const name = model.lastIndexOf(":") > model.lastIndexOf("/") ? model : `${model}:latest`;
  const found = tags.parse(JSON.parse(listed)).models.find((each) => each.name === name);
  if (found === undefined) throw new FlockError("not_found", `${url} has no model ${name}`);
  const { version: number, engine } = version.parse(JSON.parse(told));
  // The embedded engine has a name of its own, and no Ollama does.
  return { digest: found.digest, engine: engine ?? `ollama/${number}` };
}

/** The prompt as the model reads it. */
export async function renderedAt(url: string, question: Question, signal: AbortSignal): Promise<string> {
  const body = { ...question, stream: false, _debug_render_only: true };
  const rendered = line.parse(JSON.parse(await asked(url, "/api/generate", body, signal)))._debug_info;
  if (rendered == null) throw new FlockError("unimplemented", `${url} does not tell how it renders a prompt`);
  return rendered.rendered_template;
}

/** Has a model answer, streamed as workers have it. */
export async function answerAt(url: string, question: Question, signal: AbortSignal): Promise<Said> {
  const text = await asked(url, "/api/generate", { ...question, stream: true }, signal);
  const lines = text
    .split("\n")
    .filter((each) => each !== "")
    .map((each) => line.parse(JSON.parse(each)));
  const fault = lines.find(({ error }) => error != null)?.error;
  if (fault != null) throw new FlockError("unavailable", `${url} answers with an error: ${fault}`);
  const last = lines.at(-1);
  if (last?.done !== true) throw new FlockError("unavailable", `${url} ended an answer without a last line`);
  let before = 0;
  const pieces = lines
    .filter(({ response }) => response !== "")
    .map(({ response, eval_count }) => {
      // Ollama counts in the last line alone: of its pieces nobody knows how many tokens they are.
      const tokens = eval_count == null ? 0 : eval_count - before;
      before = eval_count ?? before;
      return { text: response, tokens };
    });
  return {
    text: pieces.map((piece) => piece.text).join(""),
    pieces,
    isEnded: last.done_reason === "stop",
  };
}

/** What a model goes on with behind a raw text: its first twenty choices, as a referee tells them. */
export async function nextAt(
  url: string,
  { model, prompt, options }: Question,
  signal: AbortSignal,
): Promise<Next> {
  const body = {
    ...{ model, prompt, raw: true, stream: false, logprobs: true, top_logprobs: 20 },
    options: { ...options, num_predict: 1 },
  };
  const said = line.parse(JSON.parse(await asked(url, "/api/generate", body, signal)));
  return { choices: said.logprobs?.[0]?.top_logprobs ?? undefined };
}

async function asked(
  url: string,
  path: string,
  body: object | undefined,
  signal: AbortSignal,
): Promise<string> {
  const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const response = await fetch(new URL(path, url), { ...init, signal }).catch((cause: unknown) => {
    throw new FlockError("unavailable", `nobody answers at ${url}`, { cause });
  });
  const text = await bounded(response);
  if (!response.ok)
    throw new FlockError(
      "unavailable",
      `${url} answers ${path} with ${response.status}: ${text.slice(0, 200)}`,
    );
  return text;
}

async function bounded(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of response.body ?? []) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length > ANSWER_BYTES_MAX)
      throw new FlockError("unavailable", "an Ollama sent more than any answer has");
  }
  return text + decoder.decode();
}
