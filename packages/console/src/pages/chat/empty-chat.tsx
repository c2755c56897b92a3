import type { UseQueryResult } from "@tanstack/react-query";
import { formatAmount } from "../../format/amount.js";
import { Button } from "../../ui/button.js";
import { Empty, Failed, Loading } from "../../ui/states.js";
import { type ChatModel, isWarm, pricesOf, suggestedModel } from "./answering/model-list.js";
import styles from "./chat-page.module.css";
import { visibleText } from "./markdown/visible-text.js";

const PROMPTS = [
  "Explain how a rainbow forms, in five sentences.",
  "Write a polite mail that moves a meeting to next week.",
  "What does this command do: tar -xzf a.tar.gz ?",
];

const PER = 1_000n;

/** Before the first question: three of them, and the cheapest model that answers at once. */
export function EmptyChat({
  models,
  query,
  onModel,
  onPrompt,
}: {
  readonly models: readonly ChatModel[];
  readonly query: UseQueryResult<unknown>;
  readonly onModel: (name: string) => void;
  readonly onPrompt: (text: string) => void;
}) {
  if (query.data === undefined)
    return query.error === null ? (
      <Loading what="the models" lines={3} />
    ) : (
      <Failed
        key={query.errorUpdatedAt}
        what="The models could not be read"
        error={query.error}
        since={query.errorUpdatedAt}
        onRetry={() => void query.refetch()}
      />
    );
  const model = suggestedModel(models);
  if (model === null)
    return (
      <Empty title="No worker serves a model now">
        <p>
          As soon as one does, you can ask. Whoever has a machine with Ollama can be one:{" "}
          <code>flock worker start</code>
        </p>
      </Empty>
    );
  return (
    <div className={styles["empty"]}>
      <p className={styles["model"]}>
        {isWarm(model)
          ? "Cheapest model that is ready now: "
          : "Cheapest model, which has to be loaded first: "}
        <Button look="quiet" onClick={() => onModel(model.name)}>
          {visibleText(model.name)}
        </Button>
        {priceWords(model)}
      </p>
      <ul className={styles["prompts"]} aria-label="Something to ask">
        {PROMPTS.map((prompt) => (
          <li key={prompt}>
            <button
              type="button"
              className={styles["prompt"]}
              onClick={() => {
                onPrompt(prompt);
                document.getElementById("composer")?.focus();
              }}
            >
              {prompt}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function priceWords(model: ChatModel): string {
  const prices = pricesOf(model);
  return prices === null
    ? ""
    : ` ${formatAmount(prices.completionMicro * PER)} per 1,000 tokens of an answer.`;
}
