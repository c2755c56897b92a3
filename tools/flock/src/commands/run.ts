import type { Answer, Call } from "../command.js";
import { type AnswerOptions, answerOf, engineOptions, storyLine, storyOf } from "../conversation/answer.js";
import { lineOf } from "../conversation/endpoint.js";
import type { Message } from "../conversation/ollama-stream.js";
import { Fault } from "../faults/fault.js";
import { harmlessLines } from "../output/sheet.js";

/** As long as the network takes a request. */
const PROMPT_BYTES_MAX = 20 * 1024 * 1024;

/** `flock run`: the answer alone on standard output, as it is. */
export async function run(call: Call<AnswerOptions>): Promise<Answer | undefined> {
  const { args, options, surroundings, report } = call;
  const [model = "", ...words] = args;
  const engine = engineOptions(options);
  const messages = messagesOf(options.system, await promptOf(call, words));
  const line = await lineOf(call);
  const { stdout } = surroundings.terminal;
  let last = "\n";
  const piece = (text: string) => {
    last = text;
    if (report.isJson) report.event("piece", { text });
    else surroundings.out(stdout ? harmlessLines(text) : text);
  };
  report.state = "what came until then is all there is of the answer; it is charged";
  const answered = await answerOf(
    call,
    line,
    { model, messages, options: engine },
    { signal: surroundings.interruption, piece },
  );
  if (report.isJson)
    return { json: { type: "result", model, answer: answered.text, ...storyOf(answered) }, text: "" };
  if (stdout && !last.endsWith("\n")) surroundings.out("\n");
  report.note(`${storyLine(answered)}\n`);
  return undefined;
}

function messagesOf(system: string | undefined, prompt: string): Message[] {
  const first: Message[] = system === undefined ? [] : [{ role: "system", content: system }];
  return [...first, { role: "user", content: prompt }];
}

/** What was typed, and standard input in the place of a last "-", or of nothing. */
async function promptOf({ surroundings }: Call, words: readonly string[]): Promise<string> {
  const isRead = words.length === 0 || words.at(-1) === "-";
  const typed = (isRead ? words.slice(0, -1) : words).join(" ");
  if (words.length === 0 && surroundings.terminal.stdin)
    throw new Fault("usage", "no prompt: type one behind the model, or hand one in on standard input", {
      advice: "flock chat holds a conversation",
    });
  const read = isRead ? await surroundings.input(PROMPT_BYTES_MAX) : "";
  const prompt = [typed, read].filter((part) => part !== "").join("\n\n");
  if (prompt.trim() === "") throw new Fault("usage", "the prompt is empty");
  return prompt;
}
