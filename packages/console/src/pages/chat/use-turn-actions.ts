import { useEffect, useMemo, useRef } from "react";
import { stopAnswer } from "./answering/answering.js";
import { askAgain, askEdited, type Setup, showVersion } from "./answering/chat-actions.js";
import type { TurnActions } from "./transcript/actions.js";

/** What can be done with the turns of a chat: one object while the page is open, which knows the latest setup. */
export function useTurnActions(chatId: string | null, setup: Setup | null, getKey: () => void): TurnActions {
  const latest = useRef({ chatId, setup, getKey });
  useEffect(() => {
    latest.current = { chatId, setup, getKey };
  });
  return useMemo(() => {
    const within = (work: (chatId: string, setup: Setup) => void) => {
      const now = latest.current;
      if (now.chatId !== null && now.setup !== null) work(now.chatId, now.setup);
    };
    return {
      again: (answer, { model, completionTokensMax } = {}) => {
        const options =
          completionTokensMax === undefined
            ? answer.options
            : { ...answer.options, num_predict: completionTokensMax };
        // The one that still waits has to end first: the next one takes its place.
        void stopAnswer(answer.id).then(() =>
          within((id, { access }) => askAgain(id, answer, { access, options, model: model ?? answer.model })),
        );
      },
      edit: (question, text) => within((id, now) => askEdited(id, question, text, now)),
      show: (turn) => within((id) => showVersion(id, turn)),
      stop: (answer) => void stopAnswer(answer.id),
      getKey: () => latest.current.getKey(),
    };
  }, []);
}
