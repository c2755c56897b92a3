import type { AnswerOptions, Turn } from "./turns.js";

/** A conversation without its turns. */
export interface ChatHead {
  readonly id: string;
  readonly title: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** The turn that is shown last; `null`: nothing was asked yet. */
  readonly head: string | null;
  readonly options: AnswerOptions;
  /** `false`: it is in this tab alone, and gone when the tab closes. */
  readonly isKept: boolean;
}

export interface Chat extends ChatHead {
  /** All branches, oldest first. */
  readonly turns: readonly Turn[];
}
