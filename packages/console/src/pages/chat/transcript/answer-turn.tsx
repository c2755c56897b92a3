import { memo } from "react";
import { formatDuration } from "../../../format/duration.js";
import { Button } from "../../../ui/button.js";
import { CopyButton } from "../../../ui/copy-button.js";
import { type Answer, isUnderWay, type Turn } from "../conversation/turns.js";
import { Markdown } from "../markdown/markdown.js";
import { visibleText } from "../markdown/visible-text.js";
import { useActions } from "./actions.js";
import { AnswerFactsLine } from "./answer-facts.js";
import { RefusalNote } from "./refusal-note.js";
import { RibbonFigure } from "./ribbon-figure.js";
import styles from "./transcript.module.css";
import { areSameTurns, Versions } from "./versions.js";
import { WaitingNote } from "./waiting-note.js";

interface AnswerTurnProps {
  readonly answer: Answer;
  readonly versions: readonly Turn[];
  /** Up to the question. */
  readonly path: readonly Turn[];
  /** Another answer of the chat is being written. */
  readonly isBusy: boolean;
}

export const AnswerTurn = memo(function AnswerTurn({ answer, versions, path, isBusy }: AnswerTurnProps) {
  const { text, state, model, refusal } = answer;
  const isWriting = isUnderWay(answer);
  return (
    <article className={styles["answer"]} aria-label="Answer" aria-busy={isWriting}>
      <h2 className={styles["who"]}>{visibleText(model)}</h2>
      <Thinking answer={answer} />
      {text === "" ? null : <Markdown text={text} isWhole={!isWriting} />}
      {state === "waiting" || state === "found" ? <WaitingNote answer={answer} /> : null}
      {state === "writing" ? <RibbonFigure answer={answer} /> : null}
      {state === "done" && text === "" ? <p className={styles["hint"]}>The answer has no words.</p> : null}
      {state === "stopped" ? (
        <p className={styles["hint"]}>
          {text === ""
            ? "You stopped it before its first word."
            : "You stopped it here. What was written until then is charged."}
        </p>
      ) : null}
      {isWriting || state === "refused" || text === "" ? null : <AnswerFactsLine answer={answer} />}
      {refusal === null ? null : <RefusalNote answer={answer} refusal={refusal} path={path} />}
      {isWriting ? null : <AnswerActions answer={answer} versions={versions} isBusy={isBusy} />}
    </article>
  );
}, isSame);

/** The path is a new list for each frame of a later answer; what it has is told by the answer's parent. */
function isSame(a: AnswerTurnProps, b: AnswerTurnProps): boolean {
  return a.answer === b.answer && a.isBusy === b.isBusy && areSameTurns(a.versions, b.versions);
}

function AnswerActions({ answer, versions, isBusy }: Omit<AnswerTurnProps, "path">) {
  const actions = useActions();
  return (
    <div className={styles["actions"]}>
      {answer.text === "" ? null : (
        <CopyButton text={answer.text} what="as markdown" label="Copy as markdown" />
      )}
      {answer.refusal !== null ? null : (
        <Button look="quiet" disabled={isBusy} onClick={() => actions.again(answer)}>
          {answer.isGuest ? "Ask again" : "Ask again (costs again)"}
        </Button>
      )}
      <Versions turn={answer} versions={versions} />
    </div>
  );
}

function Thinking({ answer: { thinking, thinkingMs } }: { readonly answer: Answer }) {
  if (thinking === "") return null;
  return (
    <details className={styles["thinking"]}>
      <summary>{thinkingMs === null ? "Thinking …" : `Thought for ${formatDuration(thinkingMs)}`}</summary>
      <p dir="auto">{visibleText(thinking)}</p>
    </details>
  );
}
