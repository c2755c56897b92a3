import type { ServerResponse } from "node:http";
import { type AskedBody, FakeOllama } from "./fake-ollama.js";

const MODEL = {
  name: "parsing:latest",
  digest: "5d".repeat(32),
  capabilities: ["completion", "tools", "thinking"],
};

interface Message {
  readonly role: string;
  readonly content?: string;
  readonly thinking?: string;
}

/** What a line of a stream has of an answer. */
interface Said {
  readonly content?: string;
  readonly thinking?: string;
  readonly tool_calls?: readonly object[];
}

/** The tags of the model's template. */
const ASSISTANT = "<assistant>";
const THINK_BEGIN = "<think>\n";
const THINK_END = "\n</think>\n\n";
const CALL_BEGIN = "\n<call>";
/** What the prompt says of a request, since the model knows no more than its prompt. */
const MAY_THINK = "<may-think>";
const HAS_TOOLS = "<has-tools>";

const THOUGHT =
  "The user wants to know about the weather in Paris, so I think about what I know of it, and how to say it well.";
const TEXT =
  "Let me see what I can say about the weather there: it is mild in spring, warm in summer, and grey in winter.";
const CALL = { name: "get_weather", arguments: { city: "Paris" } };

/** Words with the blanks before them: this model's tokens. */
function tokensOf(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

/**
 * A fake Ollama whose model thinks, talks and calls tools, and whose parsers take that apart, as a real one does: by
 * its template, and with no thought for what is asked for `raw`. Its model reads nothing but the prompt, and goes on
 * with what the prompt ends with. Structured output begins at its beginning, whatever is in the prompt, and no two such
 * answers are the same, as on machines that differ.
 */
export class ParsingOllama extends FakeOllama {
  /** Bodies of the requests for text, in order. */
  readonly seen: AskedBody[] = [];
  /** Whether its template leaves the model's own last message open, so that it can go on with it. */
  readonly #isOpen: boolean;
  #objects = 0;

  private constructor(isOpen: boolean) {
    super(MODEL);
    this.#isOpen = isOpen;
  }

  static start({ closesMessages = false } = {}): Promise<ParsingOllama> {
    return new ParsingOllama(!closesMessages).listening();
  }

  protected answer(path: string, body: AskedBody, answer: ServerResponse): void {
    this.seen.push(body);
    const prompt = this.#promptOf(body);
    if (body["_debug_render_only"] === true)
      return void answer.end(JSON.stringify({ _debug_info: { rendered_template: prompt } }));
    const lines = this.#linesOf(path, body, prompt);
    if (body["stream"] === false) return void answer.end(JSON.stringify(lines.at(-1)));
    answer.writeHead(200, { "content-type": "application/x-ndjson" });
    answer.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  }

  #promptOf(body: AskedBody): string {
    if (body["raw"] === true) return String(body["prompt"]);
    const user = { role: "user", content: String(body["prompt"] ?? "") };
    const messages = (body["messages"] as readonly Message[] | undefined) ?? [user];
    const tools = (body["tools"] as readonly unknown[] | undefined) ?? [];
    const head = (body["think"] === false ? "" : MAY_THINK) + (tools.length > 0 ? HAS_TOOLS : "");
    const last = messages.at(-1);
    const isBegun = last?.role === "assistant";
    const written = messages.map((message) => this.#written(message, isBegun && message === last)).join("");
    return head + written + (isBegun && this.#isOpen ? "" : ASSISTANT);
  }

  #written({ role, content = "", thinking = "" }: Message, isLast: boolean): string {
    const thought = thinking === "" ? "" : THINK_BEGIN + thinking + THINK_END;
    return `<${role}>${thought}${content}${isLast && this.#isOpen ? "" : "<end>"}`;
  }

  #linesOf(path: string, body: AskedBody, prompt: string): object[] {
    const wrap = ({ content = "", ...said }: Said) =>
      path === "/api/chat"
        ? { message: { role: "assistant", content, ...said } }
        : { response: content, ...said };
    const options = (body["options"] ?? {}) as { readonly num_predict?: number };
    const limit = options.num_predict !== undefined && options.num_predict > 0 ? options.num_predict : 1_000;
    const begun = prompt.slice(prompt.lastIndexOf(ASSISTANT) + ASSISTANT.length);
    const tokens = tokensOf(body["format"] === undefined ? goneOn(prompt, begun) : this.#object());
    const generated = tokens.slice(0, limit);
    const said = body["raw"] === true ? generated.map((content) => ({ content })) : parsed(generated, begun);
    return [
      ...said.map((one) => ({ ...wrap(one), ...logprobsOf(one, body), done: false })),
      {
        ...wrap({}),
        done: true,
        done_reason: generated.length < tokens.length ? "length" : "stop",
        prompt_eval_count: tokensOf(prompt).length,
        eval_count: generated.length + (generated.length < tokens.length ? 0 : 1),
      },
    ];
  }

  #object(): string {
    this.#objects += 1;
    const answer = { run: this.#objects, words: TEXT.split(" ") };
    return JSON.stringify(answer).replaceAll(",", ", ");
  }
}

/** What is told of a line's token and its alternatives, if that was asked for. */
function logprobsOf({ content, thinking }: Said, { logprobs, top_logprobs }: AskedBody): object {
  const token = content ?? thinking;
  if (logprobs !== true || token === undefined) return {};
  const others = Array.from(
    { length: Math.max(0, Number(top_logprobs ?? 0) - 1) },
    (_, index) => `other ${index}`,
  );
  const choices = [token, ...others].map((one, index) => ({ token: one, logprob: -0.1 - index }));
  return { logprobs: [{ ...choices[0], top_logprobs: choices }] };
}

/** What the model writes behind `begun`. */
function goneOn(prompt: string, begun: string): string {
  const thought = prompt.includes(MAY_THINK) ? THINK_BEGIN + THOUGHT + THINK_END : "";
  const call = prompt.includes(HAS_TOOLS) ? `${CALL_BEGIN}${JSON.stringify(CALL)}` : "";
  const whole = thought + TEXT + call;
  return whole.startsWith(begun) ? whole.slice(begun.length) : " What was I saying?";
}

/** What Ollama tells of the tokens: a tag and the blanks around it belong to nothing, a call comes whole. */
function parsed(tokens: readonly string[], begun: string): Said[] {
  const lines: Said[] = [];
  let written = begun;
  let told = partsOf(begun);
  for (const token of tokens) {
    written += token;
    const parts = partsOf(written);
    const thinking = parts.thinking.slice(told.thinking.length);
    const content = parts.text.slice(told.text.length);
    if (thinking !== "") lines.push({ thinking });
    if (content !== "") lines.push({ content });
    told = parts;
  }
  if (written.includes(CALL_BEGIN))
    lines.push({ tool_calls: [{ id: `call_${lines.length}`, function: CALL }] });
  return lines;
}

/** The thinking and the text in what was written so far. */
function partsOf(written: string): { readonly thinking: string; readonly text: string } {
  const [said = ""] = written.split(CALL_BEGIN);
  if (!said.startsWith(THINK_BEGIN.trim())) return { thinking: "", text: said.trimEnd() };
  const [thinking = "", text = ""] = said.slice(THINK_BEGIN.trim().length).split(THINK_END.trim());
  return { thinking: thinking.trim(), text: text.trim() };
}
