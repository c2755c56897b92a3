import { resolve } from "node:path";
import type { Answer, Call } from "../command.js";
import { type AnswerOptions, answerOf, engineOptions, storyLine, storyOf } from "../conversation/answer.js";
import { Conversation, costSoFar } from "../conversation/conversation.js";
import { type Line, lineOf } from "../conversation/endpoint.js";
import { obey } from "../conversation/slash-commands.js";
import { Fault } from "../faults/fault.js";
import { isNamed, type Model, noSuchModel, readModels } from "../models.js";
import { harmlessLines } from "../output/sheet.js";
import { pricePerMillion } from "./models.js";

interface ChatOptions extends AnswerOptions {
  readonly save?: string;
}

/** `flock chat`: a conversation that is kept nowhere, unless somebody says where. */
export async function chat(call: Call<ChatOptions>): Promise<Answer | undefined> {
  const { args, options, surroundings, report } = call;
  const engine = engineOptions(options);
  const line = await lineOf(call);
  const { models } = await readModels(line.api);
  const model = modelFor(args[0], models);
  const conversation = new Conversation(model.name, options.system);
  if (options.save !== undefined) await conversation.keepIn(resolve(options.save));
  report.note(
    `${model.name}: ${pricePerMillion(model.prompt_price_micro)} LLAMA a million tokens of the conversation, ` +
      `${pricePerMillion(model.completion_price_micro)} of answers. /help lists commands, Ctrl-D ends.\n` +
      "Who runs the answering worker can read what you write.\n",
  );
  for (;;) {
    const typed = await surroundings.ask(surroundings.terminal.stdin ? "> " : "");
    if (typed === undefined) break;
    if (typed.trim() === "") continue;
    if (typed.startsWith("/")) {
      const order = await obey(typed, conversation, models);
      report.note(order.said);
      if (order.ends) break;
      if (order.question === undefined) continue;
    } else conversation.ask(typed);
    await answered(call, line, conversation, engine);
    await conversation.save().catch((error: unknown) => {
      // A full disk ends no conversation.
      surroundings.err(Fault.from(error).written(report.isJson));
    });
  }
  report.note(`\n${costSoFar(conversation)} in all\n`);
  if (!report.isJson) return undefined;
  const { model: name, answers, cost } = conversation;
  return { json: { type: "result", model: name, answers, charge_micro: cost }, text: "" };
}

/** The named model, or the first that can be used now. */
function modelFor(typed: string | undefined, models: readonly Model[]): Model {
  if (typed === undefined) {
    const usable = models.filter(({ capabilities }) => capabilities.includes("completion"));
    const first = usable.find(({ is_available }) => is_available) ?? usable[0];
    if (first === undefined) throw new Fault("unavailable", "no live worker has a model that can chat");
    return first;
  }
  const found = models.find((model) => isNamed(model, typed));
  if (found === undefined) throw noSuchModel(typed, models);
  return found;
}

/** One answer. It may fail, or be stopped by Ctrl-C, and the conversation goes on. */
async function answered(
  call: Call,
  line: Line,
  conversation: Conversation,
  options: Readonly<Record<string, number>>,
): Promise<void> {
  const { surroundings, report } = call;
  const stopping = new AbortController();
  const release = surroundings.captureInterrupts(() => stopping.abort());
  const { model, messages } = conversation;
  let text = "";
  const piece = (more: string) => {
    text += more;
    if (report.isJson) report.event("piece", { text: more });
    else surroundings.out(surroundings.terminal.stdout ? harmlessLines(more) : more);
  };
  try {
    const answer = await answerOf(
      call,
      line,
      { model, messages, options },
      { signal: stopping.signal, piece },
    );
    conversation.answered(answer.text, answer.last.flock?.charge_micro);
    report.event("answer", { answer: answer.text, ...storyOf(answer) });
    if (!report.isJson) surroundings.out("\n");
    report.note(`${storyLine(answer)}\n\n`);
  } catch (error) {
    if (!report.isJson && text !== "") surroundings.out("\n");
    conversation.brokeOff(text);
    if (stopping.signal.aborted) {
      report.event("stopped", { answer: text });
      report.note("stopped; what came is kept, and charged\n\n");
      return;
    }
    const fault = Fault.from(error);
    surroundings.err(fault.written(report.isJson));
    report.note("/again asks once more\n\n");
  } finally {
    release();
  }
}
