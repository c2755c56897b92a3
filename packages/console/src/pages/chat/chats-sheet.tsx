import { useState } from "react";
import { Button, LinkButton } from "../../ui/button.js";
import { Sheet } from "../../ui/dialog.js";
import { Field } from "../../ui/field.js";
import { Row } from "../../ui/layout.js";
import { Empty } from "../../ui/states.js";
import { Time } from "../../ui/time.js";
import { stopChat } from "./answering/answering.js";
import styles from "./chat-page.module.css";
import { asMarkdown } from "./conversation/as-markdown.js";
import type { ChatHead } from "./conversation/chat.js";
import {
  changeChat,
  chatOf,
  deleteChat,
  everyChat,
  load,
  useChatHeads,
  useStorageFault,
} from "./conversation/chat-store.js";
import { saveFile } from "./conversation/save-file.js";
import { announcesSentences } from "./conversation/settings.js";
import { pathTo } from "./conversation/turns.js";
import { visibleText } from "./markdown/visible-text.js";

/** The chats of this browser, which no machine of the network has. */
export function ChatsSheet({
  isOpen,
  onClose,
  openId,
}: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly openId: string | null;
}) {
  const heads = useChatHeads();
  const fault = useStorageFault();
  const bySentence = announcesSentences.use();
  return (
    <Sheet title="Chats in this browser" isOpen={isOpen} onClose={onClose}>
      {fault === null ? null : (
        <p role="alert">This browser keeps no chats: {fault}. They last as long as the tab.</p>
      )}
      {heads.length === 0 ? (
        <Empty title="No chat yet">
          <p>What you ask stands here, and stays in this browser.</p>
        </Empty>
      ) : (
        <>
          <ul className={styles["chats"]}>
            {heads.map((head) => (
              <ChatRow key={head.id} head={head} isOpen={head.id === openId} onGo={onClose} />
            ))}
          </ul>
          <Button onClick={() => void exportAll()}>Export all as JSON</Button>
        </>
      )}
      <label className={styles["check"]}>
        <input
          type="checkbox"
          checked={!bySentence}
          onChange={({ target }) => announcesSentences.set(!target.checked)}
        />
        Announce an answer to screen readers when it is complete only
      </label>
    </Sheet>
  );
}

function ChatRow({
  head,
  isOpen,
  onGo,
}: {
  readonly head: ChatHead;
  readonly isOpen: boolean;
  readonly onGo: () => void;
}) {
  const [mode, setMode] = useState<"plain" | "rename" | "delete">("plain");
  if (mode === "rename") return <Rename head={head} onDone={() => setMode("plain")} />;
  return (
    <li className={styles["chat"]} onClickCapture={(event) => leaveByLink(event.target, onGo)}>
      <div className={styles["chatTitle"]} aria-current={isOpen ? "true" : undefined}>
        <LinkButton look="quiet" to={`/chat/${head.id}`}>
          {visibleText(head.title)}
        </LinkButton>
      </div>
      <div className={styles["chatFoot"]}>
        <Time at={head.updatedAt} />
        {head.isKept ? null : <span>not kept</span>}
        {mode === "delete" ? (
          <>
            <span>Delete it for good?</span>
            <Button look="danger" onClick={() => drop(head.id)}>
              Delete
            </Button>
            <Button look="quiet" onClick={() => setMode("plain")}>
              Keep it
            </Button>
          </>
        ) : (
          <>
            <Button look="quiet" onClick={() => setMode("rename")} aria-label={`Rename ${head.title}`}>
              Rename
            </Button>
            <Button look="quiet" onClick={() => void exportOne(head)} aria-label={`Export ${head.title}`}>
              Export
            </Button>
            <Button look="quiet" onClick={() => setMode("delete")} aria-label={`Delete ${head.title}`}>
              Delete
            </Button>
          </>
        )}
      </div>
    </li>
  );
}

function Rename({ head, onDone }: { readonly head: ChatHead; readonly onDone: () => void }) {
  const [title, setTitle] = useState(head.title);
  const submit = async () => {
    await load(head.id);
    changeChat(head.id, { title: title.trim() });
    onDone();
  };
  return (
    <li className={styles["chat"]}>
      <form
        className={styles["rename"]}
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Field
          label="Name"
          autoFocus
          maxLength={100}
          value={title}
          onChange={({ target }) => setTitle(target.value)}
        />
        <Row>
          <Button type="submit" look="main" disabled={title.trim() === ""}>
            Rename
          </Button>
          <Button onClick={onDone}>Leave it</Button>
        </Row>
      </form>
    </li>
  );
}

function drop(id: string): void {
  stopChat(id);
  deleteChat(id);
}

function leaveByLink(target: EventTarget, onGo: () => void): void {
  if (target instanceof Element && target.closest("a") !== null) onGo();
}

async function exportOne({ id, title }: ChatHead): Promise<void> {
  await load(id);
  const chat = chatOf(id);
  if (chat !== null)
    saveFile(`${title}.md`, "text/markdown", asMarkdown(title, pathTo(chat.turns, chat.head)));
}

async function exportAll(): Promise<void> {
  saveFile("flock-chats.json", "application/json", JSON.stringify(await everyChat(), null, 2));
}
