import { currentChatKey, forgetKey } from "../../../data/chat-key.js";
import { useOwn } from "../../../data/queries.js";
import { formatAmount, microOf } from "../../../format/amount.js";
import { formatCount } from "../../../format/count.js";
import { Button } from "../../../ui/button.js";
import type { Access } from "../answering/access.js";
import { affordableTokens, atMost, tokenBounds } from "../answering/at-most.js";
import type { Asked } from "../answering/chat-actions.js";
import { type ChatModel, pricesOf } from "../answering/model-list.js";
import { messagesOf } from "../answering/request-body.js";
import type { AnswerOptions, Turn } from "../conversation/turns.js";

export interface CostNoteProps {
  readonly access: Access;
  readonly model: ChatModel | undefined;
  /** The conversation, and what is typed. */
  readonly path: readonly Turn[];
  readonly draft: Asked;
  readonly options: AnswerOptions;
  readonly isBusy: boolean;
  readonly onGetKey: () => void;
}

/** What the next answer can cost, and who pays. */
export function CostNote(props: CostNoteProps) {
  const { access, onGetKey } = props;
  switch (access.kind) {
    case "guest":
      return <GuestNote guests={access.guests} onGetKey={onGetKey} />;
    case "nobody":
      return (
        <span>
          This network answers with a key.{" "}
          <Button look="quiet" onClick={onGetKey}>
            Use a key
          </Button>
        </span>
      );
    case "unknown":
      return null;
    case "member":
    case "key":
      return (
        <span>
          {/* While an answer grows, what the next one costs grows with it, sixty times a second. */}
          {props.isBusy ? null : <AtMost {...props} />}
          {currentChatKey() === null ? null : (
            <Button look="quiet" onClick={forgetKey}>
              Forget the key
            </Button>
          )}
        </span>
      );
  }
}

/** A maximum, because only the ledger knows the cost. */
function AtMost({ model, path, draft, options }: CostNoteProps) {
  const account = useOwn<{ readonly wallet: { readonly available_micro: string } }>("/flock/v1/account");
  const prices = model === undefined ? null : pricesOf(model);
  if (model === undefined || prices === null) return "Cost not known";
  const typed: Turn = { kind: "question", id: "", parent: null, at: 0, ...draft };
  const messages = messagesOf([...path, typed], options);
  const bounds = tokenBounds(messages, model.context_length, options.num_predict, null);
  const available = microOf(account.data?.wallet.available_micro);
  const tokens = available === null ? bounds.completion : affordableTokens(prices, bounds, available);
  return (
    <>
      at most {formatAmount(atMost(prices, bounds))}
      {tokens < bounds.completion ? ` · your balance covers ${formatCount(tokens)} tokens of it` : ""}
    </>
  );
}

function GuestNote({
  guests,
  onGetKey,
}: {
  readonly guests: Extract<Access, { kind: "guest" }>["guests"];
  readonly onGetKey: () => void;
}) {
  return (
    <span>
      Free for guests, up to {formatCount(guests.completion_tokens_max)} tokens an answer,{" "}
      {formatCount(guests.requests_per_minute)} a minute.{" "}
      <Button look="quiet" onClick={onGetKey}>
        Use a key
      </Button>
    </span>
  );
}
