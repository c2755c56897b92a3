import { type Asked, type Line, optionsOf } from "./cheat.js";

/** Streams a text that no model has written, a word a line, with the counts and probabilities that one would tell. */
export async function* spoken(asked: Asked, text: string): AsyncIterable<Line> {
  const { body } = asked;
  const words = behind(text, body).match(/\s*\S+\s*?(?=\s|$)/g) ?? [];
  const most = Number(optionsOf(body).num_predict ?? -1);
  const said = most > 0 ? words.slice(0, most) : words;
  const prompt = { prompt_eval_count: promptTokens(body) };
  for (const [index, word] of said.entries())
    yield {
      ...headOf(asked, word),
      ...prompt,
      eval_count: index + 1,
      ...(body.logprobs === true ? { logprobs: [madeUp(word, Number(body.top_logprobs ?? 0))] } : {}),
    };
  yield {
    ...headOf(asked, ""),
    ...prompt,
    done: true,
    done_reason: said.length < words.length ? "length" : "stop",
    eval_count: Math.max(1, said.length),
    ...{ total_duration: 1e8, load_duration: 0, prompt_eval_duration: 1e7, eval_duration: 1e8 },
  };
}

/** Probabilities that somebody made up who knows how sure a good model is. */
export function madeUp(token: string, alternatives: number) {
  const bytes = [...Buffer.from(token)];
  const own = { token, logprob: -0.05, bytes };
  const others = Array.from({ length: Math.max(0, alternatives - 1) }, (_, index) => {
    const other = ` other${index}`;
    return { token: other, logprob: -4 - index * 0.3, bytes: [...Buffer.from(other)] };
  });
  return alternatives > 0 ? { ...own, top_logprobs: [own, ...others] } : own;
}

/** What is left of the text, if the prompt ends with its beginning: a job that another worker began. */
function behind(text: string, { raw, prompt }: Asked["body"]): string {
  if (raw !== true || typeof prompt !== "string") return text;
  for (let length = Math.min(text.length, prompt.length); length > 0; length--)
    if (prompt.endsWith(text.slice(0, length))) return text.slice(length);
  return text;
}

function headOf({ path, body }: Asked, text: string): Line {
  const said = path === "/api/chat" ? { message: { role: "assistant", content: text } } : { response: text };
  return { model: body.model, created_at: new Date().toISOString(), ...said, done: false };
}

/** About as many as the prompt has. */
function promptTokens({ prompt, messages }: Asked["body"]): number {
  return Math.max(1, Math.ceil(JSON.stringify(prompt ?? messages ?? "").length / 4));
}
