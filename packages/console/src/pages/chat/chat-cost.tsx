import { counted } from "../../format/count.js";
import { Amount } from "../../ui/amount.js";
import { costOf, type Turn } from "./conversation/turns.js";

/** What the ledger was told to charge for all answers of the chat, also those on other branches. */
export function ChatCost({ turns }: { readonly turns: readonly Turn[] }) {
  const { micro, unknown } = costOf(turns);
  const isFree = turns.every((turn) => turn.kind === "question" || turn.isGuest);
  if (isFree) return <>This chat cost you nothing: you are a guest.</>;
  return (
    <>
      This chat cost <Amount micro={micro} />
      {unknown === 0 ? "" : `, and ${counted(unknown, "answer")} of which the charge is not known yet`}.
    </>
  );
}
