import type { ReactNode } from "react";
import { useNow } from "../../../data/clock.js";
import { useOwn } from "../../../data/queries.js";
import { microOf } from "../../../format/amount.js";
import { formatCount } from "../../../format/count.js";
import { Icon } from "../../../identity/icon.js";
import { Button, LinkButton } from "../../../ui/button.js";
import { Row } from "../../../ui/layout.js";
import { affordableTokens, tokenBounds } from "../answering/at-most.js";
import { chatModels, isFree, pricesOf, useModels } from "../answering/model-list.js";
import { messagesOf } from "../answering/request-body.js";
import type { Answer, Refusal, Turn } from "../conversation/turns.js";
import { visibleText } from "../markdown/visible-text.js";
import { useActions } from "./actions.js";
import styles from "./transcript.module.css";

const OFFERED_MAX = 3;

/** Why there is no answer, or no more of it, and what can be done: in the transcript, where the question stays. */
export function RefusalNote({
  answer,
  refusal,
  path,
}: {
  readonly answer: Answer;
  readonly refusal: Refusal;
  /** Up to the question. */
  readonly path: readonly Turn[];
}) {
  const { code, status, requestId } = refusal;
  return (
    <div className={styles["refusal"]} role="alert">
      <p className={styles["refusalTitle"]}>
        <Icon name="warning" />
        {titleOf(answer, refusal)}
      </p>
      <p>{sentence(refusal)}</p>
      <Row>
        <Remedies answer={answer} refusal={refusal} path={path} />
      </Row>
      <details>
        <summary>Details</summary>
        <code>
          {code} · status {status}
          {requestId === null ? "" : ` · request ${requestId}`}
        </code>
      </details>
    </div>
  );
}

function titleOf({ text }: Answer, { status, code }: Refusal): string {
  if (code === "broke_off")
    return text === "" ? "The answer broke off before its first word" : "The answer broke off";
  switch (status) {
    case 0:
      return "This page cannot reach the api";
    case 401:
      return "A key is needed";
    case 402:
      return "Not enough LLAMA for this request";
    case 404:
      return "This model is not here";
    case 429:
      return "Too many requests at the moment";
    case 503:
      return "No worker is free for this model";
    default:
      return "The request was refused";
  }
}

function sentence({ status, message }: Refusal): string {
  if (status === 0 && message === "this page cannot reach the api")
    return "Your question is kept. Try again when the connection is back.";
  const text = visibleText(message);
  return `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, "")}.`;
}

function Remedies(props: {
  readonly answer: Answer;
  readonly refusal: Refusal;
  readonly path: readonly Turn[];
}): ReactNode {
  const actions = useActions();
  const { answer, refusal } = props;
  const retry = <RetryButton key="retry" answer={answer} retryAt={refusal.retryAt} />;
  const key = (
    <Button key="key" onClick={actions.getKey}>
      {answer.isGuest ? "Use a key of your own" : "Use another key"}
    </Button>
  );
  switch (refusal.status) {
    case 401:
      return [key, retry];
    case 402:
      return [
        answer.isGuest ? (
          key
        ) : (
          <LinkButton key="deposit" look="main" to="/usage">
            Deposit
          </LinkButton>
        ),
        <FewerTokens key="fewer" answer={answer} path={props.path} />,
        retry,
      ];
    case 429:
      return [
        retry,
        answer.isGuest ? (
          key
        ) : (
          <LinkButton key="tier" to="/usage">
            See what lifts the limit
          </LinkButton>
        ),
      ];
    case 404:
    case 503:
      return [retry, <FreeModels key="free" answer={answer} />];
    default:
      return retry;
  }
}

/** Not before the api wants it. */
function RetryButton({ answer, retryAt }: { readonly answer: Answer; readonly retryAt: number | null }) {
  const actions = useActions();
  const now = useNow();
  const seconds = Math.ceil(((retryAt ?? 0) - now) / 1_000);
  return (
    <Button disabled={seconds > 0} onClick={() => actions.again(answer)}>
      {seconds > 0
        ? `Retry in ${seconds} s`
        : answer.text === "" || answer.isGuest
          ? "Retry"
          : "Retry (costs again)"}
    </Button>
  );
}

/** As long an answer as the balance covers, by the figures that are known now. */
function FewerTokens({ answer, path }: { readonly answer: Answer; readonly path: readonly Turn[] }) {
  const actions = useActions();
  const { data } = useModels(false);
  const account = useOwn<{ readonly wallet: { readonly available_micro: string } }>("/flock/v1/account");
  const available = microOf(account.data?.wallet.available_micro);
  const model = data?.models.find(({ name }) => name === answer.model);
  const prices = model === undefined ? null : pricesOf(model);
  if (available === null || model === undefined || prices === null) return null;
  const { num_predict } = answer.options;
  const bounds = tokenBounds(messagesOf(path, answer.options), model.context_length, num_predict, null);
  const tokens = affordableTokens(prices, bounds, available);
  if (tokens < 1 || tokens >= bounds.completion) return null;
  return (
    <Button onClick={() => actions.again(answer, { completionTokensMax: tokens })}>
      Answer at most {formatCount(tokens)} tokens instead
    </Button>
  );
}

function FreeModels({ answer }: { readonly answer: Answer }) {
  const actions = useActions();
  const { data } = useModels(true);
  const free = chatModels(data?.models ?? []).filter((each) => each.name !== answer.model && isFree(each));
  if (free.length === 0) return <span className={styles["hint"]}>No other model is free now.</span>;
  return free.slice(0, OFFERED_MAX).map(({ name }) => (
    <Button key={name} onClick={() => actions.again(answer, { model: name })}>
      Ask {visibleText(name)}, free now
    </Button>
  ));
}
