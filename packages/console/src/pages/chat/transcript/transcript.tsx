import { type Answer, isUnderWay, type Turn, versionsOf } from "../conversation/turns.js";
import { AnswerTurn } from "./answer-turn.js";
import { QuestionTurn } from "./question-turn.js";
import styles from "./transcript.module.css";

/** The conversation on one of its branches: a list of articles. */
export function Transcript({
  turns,
  path,
}: {
  readonly turns: readonly Turn[];
  readonly path: readonly Turn[];
}) {
  const isBusy = path.some((turn) => turn.kind === "answer" && isUnderWay(turn));
  return (
    <ol className={styles["transcript"]} aria-label="Conversation" aria-busy={isBusy}>
      {path.map((turn, index) => (
        <li key={turn.id} className={styles["turn"]}>
          {turn.kind === "question" ? (
            <QuestionTurn question={turn} versions={versionsOf(turns, turn)} />
          ) : (
            <AnswerTurn
              answer={turn}
              versions={versionsOf(turns, turn)}
              path={path.slice(0, index)}
              isBusy={isBusy}
            />
          )}
        </li>
      ))}
    </ol>
  );
}

/** The answer that is being written at the end of the path. */
export function answerUnderWay(path: readonly Turn[]): Answer | null {
  return path.findLast((turn): turn is Answer => turn.kind === "answer" && isUnderWay(turn)) ?? null;
}
