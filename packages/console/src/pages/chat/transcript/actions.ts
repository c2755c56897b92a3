import { createContext, use } from "react";
import type { Answer, Question, Turn } from "../conversation/turns.js";

/** What can be done with a turn. The object stays the same, so that turns are not drawn again for it. */
export interface TurnActions {
  /** @param changes Another model, or fewer tokens. */
  again(answer: Answer, changes?: { readonly model?: string; readonly completionTokensMax?: number }): void;
  edit(question: Question, text: string): void;
  show(turn: Turn): void;
  stop(answer: Answer): void;
  /** Signing in, or a key: whatever is needed before somebody can ask. */
  getKey(): void;
}

export const ActionsContext = createContext<TurnActions | null>(null);

export function useActions(): TurnActions {
  const actions = use(ActionsContext);
  if (actions === null) throw new Error("a turn is drawn outside of a chat");
  return actions;
}
