import { newRequestId } from "@flockollamas/sdk";
import { currentChatKey } from "../../../data/chat-key.js";
import { beginChat, changeChat, chatOf, putTurns } from "../conversation/chat-store.js";
import { lastModel } from "../conversation/settings.js";
import {
  type Answer,
  type AnswerOptions,
  type ChatImage,
  newestEnd,
  type Question,
  type Turn,
} from "../conversation/turns.js";
import type { Access } from "./access.js";
import { freshAnswer } from "./answer-draft.js";
import { writeAnswer } from "./answering.js";

/** What the next answer is asked with. */
export interface Setup {
  readonly model: string;
  readonly options: AnswerOptions;
  readonly access: Access;
}

export interface Asked {
  readonly text: string;
  readonly images: readonly ChatImage[];
}

/** Asks in a chat, or in a new one. @returns The chat's id. */
export function askQuestion(chatId: string | null, asked: Asked, setup: Setup, isKept: boolean): string {
  const id = chatId ?? beginChat(asked.text, setup.options, isKept);
  ask(id, { ...asked, parent: chatOf(id)?.head ?? null }, setup);
  return id;
}

/** Another version of a question: a branch beside it. */
export function askEdited(chatId: string, question: Question, text: string, setup: Setup): void {
  ask(chatId, { text, images: question.images, parent: question.parent }, setup);
}

/** Another answer to the same question. One that never had a word is asked for again in its place. */
export function askAgain(chatId: string, answer: Answer, setup: Setup): void {
  const isEmpty = answer.text === "" && answer.thinking === "";
  const again = freshAnswer({
    ...about(setup),
    id: isEmpty ? answer.id : newRequestId(),
    parent: answer.parent,
  });
  begin(chatId, [again], setup);
}

/** Shows another version of a turn, and what came after it. */
export function showVersion(chatId: string, turn: Turn): void {
  changeChat(chatId, { head: newestEnd(chatOf(chatId)?.turns ?? [], turn.id) });
}

function ask(chatId: string, asked: Asked & Pick<Question, "parent">, setup: Setup): void {
  const question: Question = { kind: "question", id: newRequestId(), at: Date.now(), ...asked };
  const answer = freshAnswer({ ...about(setup), id: newRequestId(), parent: question.id });
  begin(chatId, [question, { ...answer, at: question.at + 1 }], setup);
}

function begin(chatId: string, turns: readonly [...Question[], Answer], setup: Setup): void {
  lastModel.set(setup.model);
  putTurns(chatId, turns, { isShown: true });
  const answer = turns.findLast((turn) => turn.kind === "answer");
  if (answer !== undefined) writeAnswer(chatId, answer, tokenOf(setup.access));
}

function about({ model, options, access }: Setup): Pick<Answer, "model" | "options" | "isGuest"> {
  return { model, options, isGuest: access.kind === "guest" && currentChatKey() === null };
}

/** A key that was made a moment ago is newer than what was drawn last. */
function tokenOf(access: Access): string | undefined {
  return currentChatKey()?.token ?? (access.kind === "key" ? access.token : undefined);
}
