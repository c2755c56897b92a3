import type { Page } from "playwright-core";
import { type ChatRequest, chatApi, type Script, scripted } from "./chat-api.js";
import { type Rig, startRig } from "./rig.js";

export interface ChatRig extends Rig {
  /** What the page sent since the last `answer`. */
  readonly asked: readonly ChatRequest[];
  /** Has the next requests answered so; everything else is as it was at first. */
  answer(script: Script): void;
}

export async function startChatRig(): Promise<ChatRig> {
  const rig = await startRig(chatApi(() => undefined));
  let asked: ChatRequest[] = [];
  return {
    ...rig,
    get asked() {
      return asked;
    },
    answer(script) {
      asked = [];
      rig.server.answer(chatApi(script));
      rig.server.answer({
        "POST /api/chat": scripted((writer, request) => {
          asked.push(request);
          return script(writer, request);
        }),
      });
    },
  };
}

export const composer = (page: Page) => page.getByRole("textbox", { name: "Your question" });
export const answers = (page: Page) => page.getByRole("article", { name: "Answer" });

export async function ask(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  // Before a model is known, Enter sends nothing.
  await page.locator("button:enabled", { hasText: "Send" }).waitFor();
  await composer(page).press("Enter");
}

/** Text in pieces of a few letters, as a model writes it. */
export function piecesOf(text: string): readonly string[] {
  return text.match(/[\s\S]{1,6}/g) ?? [];
}

export const telling =
  (text: string): Script =>
  (writer) => {
    for (const piece of piecesOf(text)) writer.piece(piece);
    writer.end();
  };
