import { useNow } from "../../../data/clock.js";
import { formatDuration } from "../../../format/duration.js";
import { Button } from "../../../ui/button.js";
import { Row } from "../../../ui/layout.js";
import { chatModels, isFree, useModels } from "../answering/model-list.js";
import { sampleWords, waitingWords } from "../answering/waiting-words.js";
import type { Answer } from "../conversation/turns.js";
import { visibleText } from "../markdown/visible-text.js";
import { useActions } from "./actions.js";
import styles from "./transcript.module.css";

/** From then on there is something else to do than to wait. */
const PATIENCE_MS = 10_000;
const OFFERED_MAX = 2;

/** What an answer waits for, since when, and what else can be done. */
export function WaitingNote({ answer }: { readonly answer: Answer }) {
  const actions = useActions();
  const now = useNow();
  const { data } = useModels(true);
  const models = chatModels(data?.models ?? []);
  const model = models.find(({ name }) => name === answer.model);
  const waitedMs = Math.max(0, now - answer.at);
  const since = waitedMs < 1_000 ? "" : ` Waiting for ${formatDuration(waitedMs)}.`;
  const isFound = answer.state === "found";
  const words = isFound
    ? "A worker has it, and reads the prompt."
    : `${waitingWords(model?.waiting ?? null, model?.wait_ms ?? null)}.`;
  const others = models.filter((each) => each.name !== answer.model && isFree(each)).slice(0, OFFERED_MAX);
  return (
    <div className={styles["waiting"]}>
      <p>
        {words}
        {since}
      </p>
      {!isFound && model?.wait_ms ? <p className={styles["hint"]}>{sampleWords(model.wait_ms)}</p> : null}
      {waitedMs < PATIENCE_MS || isFound ? null : (
        <Row>
          {others.map(({ name }) => (
            <Button key={name} onClick={() => actions.again(answer, { model: name })}>
              Ask {visibleText(name)} instead
            </Button>
          ))}
          <Button onClick={() => actions.stop(answer)}>Cancel</Button>
        </Row>
      )}
    </div>
  );
}
