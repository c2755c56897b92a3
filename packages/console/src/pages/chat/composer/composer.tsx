import { type KeyboardEvent, useState } from "react";
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

export function Composer(props: ComposerProps) {
  const { text, setup, isBusy } = props;
  const { options, chooseOptions: onOptions } = setup;
  const [images, setImages] = useState<readonly ChatImage[]>([]);
  const model = setup.models.find(({ name }) => name === setup.model);
  const sees = model?.capabilities.includes("vision") === true;
  const canThink = model?.capabilities.includes("thinking") === true;
  const sent = sees ? images : [];
  const canSend = !isBusy && setup.model !== null && (text.trim() !== "" || sent.length > 0);
  const send = () => {
    if (!canSend) return;
    props.onSend({ text, images: sent });
    setImages([]);
  };
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
