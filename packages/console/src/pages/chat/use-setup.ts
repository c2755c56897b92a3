import type { UseQueryResult } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { Access } from "./answering/access.js";
import type { Setup } from "./answering/chat-actions.js";
import { type ChatModel, chatModels, suggestedModel, useModels } from "./answering/model-list.js";
import type { Chat } from "./conversation/chat.js";
import { changeChat } from "./conversation/chat-store.js";
import { lastModel } from "./conversation/settings.js";
import type { AnswerOptions } from "./conversation/turns.js";

export interface ChosenSetup {
  readonly query: UseQueryResult<unknown>;
  readonly models: readonly ChatModel[];
  /** Which one is asked next; `null`: there is none. */
  readonly model: string | null;
  readonly options: AnswerOptions;
  readonly chooseModel: (name: string) => void;
  readonly chooseOptions: (options: AnswerOptions) => void;
  /** `null`: nothing can be asked. */
  readonly current: Setup | null;
}

/** With what the next answer is asked: the model that was chosen, else the last one, else the cheapest warm one. */
export function useSetup(
  chat: Chat | null,
  answeredBy: string | null,
  access: Access,
  isWaiting: boolean,
): ChosenSetup {
  const query = useModels(isWaiting);
  const models = useMemo(() => chatModels(query.data?.models ?? []), [query.data]);
  const [chosen, setChosen] = useState<{ readonly chatId: string | null; readonly model: string } | null>(
    null,
  );
  const [newOptions, setNewOptions] = useState<AnswerOptions>({});
  const last = lastModel.use();
  const chatId = chat?.id ?? null;

  const isThere = (name: string | null) => models.some((each) => each.name === name && each.is_available);
  const ofChat = chosen?.chatId === chatId ? chosen.model : answeredBy;
  const model = ofChat ?? (isThere(last) ? last : (suggestedModel(models)?.name ?? null));
  const options = chat?.options ?? newOptions;
  const current = useMemo(
    () => (model === null ? null : { model, options, access }),
    [model, options, access],
  );
  return {
    query,
    models,
    model,
    options,
    chooseModel: (name) => setChosen({ chatId, model: name }),
    chooseOptions: (next) => (chat === null ? setNewOptions(next) : changeChat(chat.id, { options: next })),
    current,
  };
}
