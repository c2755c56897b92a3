/*
 * How an answer is taken up that Ollama takes apart: thinking, text and tool calls. Where it stands inside the model's
 * template is not guessed but read from what Ollama itself renders, and checked: a template that writes something else
 * than the prompt followed by the answer cannot be continued like this.
 */
import type { Resume } from "@flock/proto/jobs";
import type { Ollama } from "ollama/browser";
import type { ModelProfile } from "./model-profile.js";
import { type RenderedPrompt, rawBody, renderedPrompt } from "./rendered-prompt.js";
import { optionsOf } from "./request-body.js";

type Body = Readonly<Record<string, unknown>>;

/** What has to be known to go on with an answer. */
export interface BegunAnswer {
  readonly client: Ollama;
  readonly endpoint: "generate" | "chat";
  readonly body: Body;
  readonly resume: Resume;
  readonly profile: ModelProfile;
}

/** A place in the middle of an answer from which a model can go on. */
export interface TakenUp {
  readonly endpoint: "generate" | "chat";
  /** All that the model reads, the begun answer included. */
  readonly rendered: string;
  /** The request that goes on for so many tokens. */
  readonly bodyOf: (numPredict: number) => Body;
  /** The model goes on in its thinking, which this tag ends. */
  readonly thinkingEnd?: string;
}

/** No template has these. */
const THINKING = "begun-thinking-3f1c";
const TEXT = "begun-text-3f1c";
const BLANKS = /\s/;

/**
 * With tools: a conversation whose last message is the model's own, which templates leave open; so Ollama's parsers go
 * on behind it. Undefined if the template closes or changes it, or if nothing but thinking was delivered.
 */
export async function prefilledChat(
  { client, endpoint, body, resume }: BegunAnswer,
  prompt: RenderedPrompt,
  text: string,
): Promise<TakenUp | undefined> {
  if (endpoint !== "chat" || text === "") return undefined;
  const { deliveredThinking: thinking } = resume;
  const message = { role: "assistant", content: text, ...(thinking === "" ? {} : { thinking }) };
  const prefilled: Body = { ...body, messages: [...messagesOf(endpoint, body), message] };
  const rendered = (await renderedPrompt(client, endpoint, prefilled))?.text ?? "";
  if (!rendered.startsWith(prompt.text) || !rendered.endsWith(text)) return undefined;
  const between = rendered.slice(prompt.text.length, rendered.length - text.length);
  const isOurs = thinking === "" ? between === "" : between.includes(thinking.trim());
  if (!isOurs) return undefined;
  const bodyOf = (left: number) => ({ ...prefilled, options: { ...optionsOf(body), num_predict: left } });
  return { endpoint, rendered, bodyOf };
}

/**
 * With thinking: the raw prompt, followed by what was thought and said, between the tags that the template puts there.
 * Undefined if it shows none.
 */
export async function behindThinking(
  { client, endpoint, body, resume }: BegunAnswer,
  prompt: RenderedPrompt,
  text: string,
): Promise<TakenUp | undefined> {
  const probe = { role: "assistant", thinking: THINKING, content: TEXT };
  const messages = [...messagesOf(endpoint, body), probe];
  const { model, think, truncate, shift, options } = body;
  const asked = { model, think, truncate, shift, options, messages };
  const shown = (await renderedPrompt(client, "chat", asked))?.text ?? "";
  const [open, rest] = splitAt(shown, THINKING);
  const [close] = splitAt(rest ?? "", TEXT);
  if (open === undefined || close === undefined || !open.startsWith(prompt.text)) return undefined;
  const thinkingEnd = close.trim();
  if (thinkingEnd === "" || BLANKS.test(thinkingEnd)) return undefined;
  const { deliveredThinking } = resume;
  const said = resume.deliveredText === "" ? "" : `${close}${text}`;
  const begun = open.slice(prompt.text.length) + deliveredThinking + said;
  return {
    endpoint: "generate",
    rendered: prompt.text + begun,
    bodyOf: (left) => rawBody(prompt, begun, body, left),
    ...(resume.deliveredText === "" ? { thinkingEnd } : {}),
  };
}

/** The conversation that Ollama makes of a request. */
function messagesOf(endpoint: "generate" | "chat", body: Body): readonly unknown[] {
  if (endpoint === "chat") return (body.messages as readonly unknown[] | undefined) ?? [];
  const { prompt, system, images } = body;
  const user = { role: "user", content: prompt, ...(images === undefined ? {} : { images }) };
  return system === undefined || system === "" ? [user] : [{ role: "system", content: system }, user];
}

/** What is before and behind `mark`; nothing if it is not there. */
function splitAt(text: string, mark: string): readonly [string?, string?] {
  const at = text.indexOf(mark);
  return at < 0 ? [] : [text.slice(0, at), text.slice(at + mark.length)];
}
