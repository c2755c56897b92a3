import { memo, useState } from "react";
import { Button } from "../../../ui/button.js";
import { CopyButton } from "../../../ui/copy-button.js";
import { TextField } from "../../../ui/field.js";
import { Row } from "../../../ui/layout.js";
import type { Question, Turn } from "../conversation/turns.js";
import { visibleText } from "../markdown/visible-text.js";
import { useActions } from "./actions.js";
import { ImagePreview } from "./image-preview.js";
import styles from "./transcript.module.css";
import { areSameTurns, Versions } from "./versions.js";

interface QuestionTurnProps {
  readonly question: Question;
  readonly versions: readonly Turn[];
}

export const QuestionTurn = memo(function QuestionTurn({ question, versions }: QuestionTurnProps) {
  const [isEdited, setIsEdited] = useState(false);
  const { text, images } = question;
  return (
    <article className={styles["question"]} aria-label="Your question">
      <h2 className={styles["who"]}>You</h2>
      {images.length === 0 ? null : (
        <Row>
          {images.map((image) => (
            <ImagePreview key={image.name} image={image} />
          ))}
        </Row>
      )}
      {isEdited ? (
        <Editor question={question} onDone={() => setIsEdited(false)} />
      ) : (
        <>
          <p className={styles["asked"]} dir="auto">
            {visibleText(text)}
          </p>
          <div className={styles["actions"]}>
            <CopyButton text={text} what="the question" label="Copy" />
            <Button look="quiet" onClick={() => setIsEdited(true)}>
              Edit
            </Button>
            <Versions turn={question} versions={versions} />
          </div>
        </>
      )}
    </article>
  );
}, isSame);

function isSame(a: QuestionTurnProps, b: QuestionTurnProps): boolean {
  return a.question === b.question && areSameTurns(a.versions, b.versions);
}

function Editor({ question, onDone }: { readonly question: Question; readonly onDone: () => void }) {
  const actions = useActions();
  const [text, setText] = useState(question.text);
  const send = () => {
    actions.edit(question, text);
    onDone();
  };
  return (
    <form
      className={styles["editor"]}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <TextField
        label="Ask this instead"
        hint="What was asked before stays, as another version."
        rows={3}
        value={text}
        autoFocus
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.preventDefault();
          onDone();
        }}
      />
      <Row>
        <Button type="submit" look="main" disabled={text.trim() === "" || text === question.text}>
          Ask
        </Button>
        <Button onClick={onDone}>Leave it</Button>
      </Row>
    </form>
  );
}
