import { type KeyboardEvent, useEffect, useState } from "react";
import { Button } from "../../../ui/button.js";
import type { Access } from "../answering/access.js";
import type { Asked } from "../answering/chat-actions.js";
import { hasReadPrivacy } from "../conversation/settings.js";
import type { AnswerOptions, ChatImage, Turn } from "../conversation/turns.js";
import type { ChosenSetup } from "../use-setup.js";
import styles from "./composer.module.css";
import { CostNote } from "./cost-note.js";
import { ChosenImages, ImageInput, imagesOf, withImages } from "./image-input.js";
import { ModelPicker } from "./model-picker.js";
import { OptionChips, OptionsSheet } from "./options-sheet.js";

export interface ComposerProps {
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly setup: ChosenSetup;
  readonly access: Access;
  readonly path: readonly Turn[];
  readonly isBusy: boolean;
  readonly onSend: (asked: Asked) => void;
  readonly onStop: () => void;
  readonly onGetKey: () => void;
}

/** Somebody wanted to send this while there was no model to ask. Who types on has changed their mind. */
interface Waiting {
  readonly text: string;
  /** As soon as the models are known. */
  readonly isToBeSent: boolean;
}

export function Composer(props: ComposerProps) {
  const { text, setup, isBusy } = props;
  const { options, chooseOptions: onOptions } = setup;
  const [images, setImages] = useState<readonly ChatImage[]>([]);
  const [waiting, setWaiting] = useState<Waiting | null>(null);
  const model = setup.models.find(({ name }) => name === setup.model);
  const sees = model?.capabilities.includes("vision") === true;
  const canThink = model?.capabilities.includes("thinking") === true;
  const sent = sees ? images : [];
  const hasQuestion = text.trim() !== "" || sent.length > 0;
  const canSend = !isBusy && setup.model !== null && hasQuestion;
  const isKnown = setup.query.data !== undefined;
  const send = () => {
    if (canSend) {
      props.onSend({ text, images: sent });
      setImages([]);
    } else if (!isBusy && hasQuestion) setWaiting({ text, isToBeSent: !isKnown });
  };
  useEffect(() => {
    if (waiting === null || (!isKnown && setup.model === null)) return;
    // Sent only if the first models that are known have one: nothing is asked, and paid, an hour later.
    if (waiting.isToBeSent && waiting.text === text && setup.model !== null) {
      setWaiting(null);
      send();
    } else if (setup.model !== null) setWaiting(null);
    else if (waiting.isToBeSent) setWaiting({ ...waiting, isToBeSent: false });
  });
  return (
    <form
      className={styles["composer"]}
      aria-label="Ask"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <PrivacyNote />
      <ChosenImages images={sent} onChange={setImages} />
      <textarea
        id="composer"
        className={styles["text"]}
        aria-label="Your question"
        placeholder="Ask something"
        rows={1}
        dir="auto"
        value={text}
        onChange={({ target }) => props.onText(target.value)}
        onKeyDown={(event) => {
          if (!isSendKey(event)) return;
          event.preventDefault();
          send();
        }}
        onPaste={(event) => {
          const files = [...event.clipboardData.files];
          if (!sees || files.length === 0) return;
          event.preventDefault();
          void imagesOf(files).then((more) => setImages(withImages(images, more)));
        }}
      />
      <OptionChips options={options} onChange={onOptions} canThink={canThink} />
      <div className={styles["bar"]}>
        <ModelPicker models={setup.models} model={setup.model} onChange={setup.chooseModel} />
        <OptionsButton options={options} onChange={onOptions} canThink={canThink} />
        {sees ? <ImageInput images={images} onChange={setImages} /> : null}
        <span className={styles["space"]} />
        {/* Keys: without them the click that stops would also submit, because both are one button to React. */}
        {isBusy ? (
          <Button key="stop" look="danger" onClick={props.onStop}>
            Stop
          </Button>
        ) : (
          <Button key="send" look="main" type="submit" disabled={!canSend}>
            Send
          </Button>
        )}
      </div>
      <div role="status">
        {waiting === null || waiting.text !== text ? null : (
          <p className={styles["cost"]}>
            {waiting.isToBeSent
              ? "The models are not known yet: this is sent as soon as they are, unless you change it."
              : "No model can be asked now. What you typed stays here."}
          </p>
        )}
      </div>
      <p className={styles["cost"]}>
        <CostNote
          access={props.access}
          model={model}
          path={props.path}
          draft={{ text, images: sent }}
          options={options}
          isBusy={isBusy}
          onGetKey={props.onGetKey}
        />
      </p>
    </form>
  );
}

/** Enter, but not the one that ends the spelling of a word in an input method. */
function isSendKey({ key, shiftKey, nativeEvent }: KeyboardEvent): boolean {
  return key === "Enter" && !shiftKey && !nativeEvent.isComposing;
}

function OptionsButton(props: {
  readonly options: AnswerOptions;
  readonly onChange: (options: AnswerOptions) => void;
  readonly canThink: boolean;
}) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <Button look="quiet" aria-haspopup="dialog" onClick={() => setIsOpen(true)}>
        Options
      </Button>
      <OptionsSheet {...props} isOpen={isOpen} onClose={() => setIsOpen(false)} />
    </>
  );
}

/** Said once, before the first prompt. */
function PrivacyNote() {
  if (hasReadPrivacy.use()) return null;
  return (
    <div className={styles["privacy"]}>
      <p>A stranger’s machine answers, and can read what you ask. The chat itself stays in this browser.</p>
      <Button
        look="quiet"
        onClick={() => {
          hasReadPrivacy.set(true);
          document.getElementById("composer")?.focus();
        }}
      >
        I see
      </Button>
    </div>
  );
}
