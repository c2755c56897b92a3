import { useEffect, useRef, useState } from "react";
import { useParams } from "wouter";
import { Icon } from "../../identity/icon.js";
import { Button, LinkButton } from "../../ui/button.js";
import { Row } from "../../ui/layout.js";
import { PageHeading } from "../../ui/page-heading.js";
import { Empty, Loading } from "../../ui/states.js";
import { useAccess } from "./answering/access.js";
import { markAbandoned, stopChat } from "./answering/answering.js";
import { ChatCost } from "./chat-cost.js";
import styles from "./chat-page.module.css";
import { ChatsSheet } from "./chats-sheet.js";
import { Composer } from "./composer/composer.js";
import { KeyDialog } from "./composer/key-dialog.js";
import { keepChat, useChat } from "./conversation/chat-store.js";
import { useDraft } from "./conversation/drafts.js";
import { pathTo } from "./conversation/turns.js";
import { EmptyChat } from "./empty-chat.js";
import { visibleText } from "./markdown/visible-text.js";
import { ActionsContext } from "./transcript/actions.js";
import { Announcer } from "./transcript/announcer.js";
import { useFollow } from "./transcript/follow.js";
import { answerUnderWay, Transcript } from "./transcript/transcript.js";
import { useAsking } from "./use-asking.js";
import { useSetup } from "./use-setup.js";
import { useTurnActions } from "./use-turn-actions.js";

export default function ChatPage() {
  const rest = useParams()["*"] ?? "";
  const id = rest === "" ? null : rest;
  const loaded = useChat(id);
  useEffect(() => {
    if (id !== null && loaded.state === "ready") void markAbandoned(id);
  }, [id, loaded.state]);
  if (id !== null && loaded.state === "loading") return <Loading what="the chat" lines={6} />;
  if (id !== null && loaded.state === "missing") return <MissingChat />;
  return <Conversation id={id} />;
}

function Conversation({ id }: { readonly id: string | null }) {
  const loaded = useChat(id);
  const chat = id !== null && loaded.state === "ready" ? loaded.chat : null;
  const [keepsNew, setKeepsNew] = useState(true);
  const isKept = chat?.isKept ?? keepsNew;
  const turns = chat?.turns ?? [];
  const path = pathTo(turns, chat?.head ?? null);
  const underWay = answerUnderWay(path);
  const lastAnswer = path.findLast((turn) => turn.kind === "answer") ?? null;
  const access = useAccess();
  const setup = useSetup(chat, lastAnswer?.model ?? null, access, underWay !== null);
  const [text, setText] = useDraft(id, isKept);
  const content = useRef<HTMLDivElement>(null);
  const follow = useFollow(content, id, underWay !== null);
  const asking = useAsking(id, setup.current, isKept, () => {
    setText("");
    follow.toEnd();
  });
  const actions = useTurnActions(id, setup.current, asking.askForKey);
  useStopByEscape(underWay === null ? null : id);

  return (
    <ActionsContext value={actions}>
      <div className={styles["page"]}>
        <PageHeading
          title={chat === null ? "Chat" : visibleText(chat.title)}
          question={path.length === 0 ? "Ask, and see what it cost." : <ChatCost turns={turns} />}
          aside={
            <Tools
              id={id}
              isKept={isKept}
              onKeep={id === null ? setKeepsNew : (keep) => keepChat(id, keep)}
            />
          }
        />
        <div ref={content} className={styles["content"]}>
          {path.length === 0 ? (
            <EmptyChat
              models={setup.models}
              query={setup.query}
              onModel={setup.chooseModel}
              onPrompt={setText}
            />
          ) : (
            <Transcript turns={turns} path={path} />
          )}
        </div>
        <Announcer answer={lastAnswer} />
        <div className={styles["foot"]}>
          {follow.isAway ? <NewestButton onClick={follow.toEnd} /> : null}
          <Composer
            text={text}
            onText={setText}
            setup={setup}
            access={access}
            path={path}
            isBusy={underWay !== null}
            onSend={asking.send}
            onStop={() => id !== null && stopChat(id)}
            onGetKey={asking.askForKey}
          />
        </div>
      </div>
      <KeyDialog isOpen={asking.isKeyAsked} onClose={asking.leaveKey} onReady={asking.onKey} />
    </ActionsContext>
  );
}

function NewestButton({ onClick }: { readonly onClick: () => void }) {
  return (
    <div className={styles["newest"]}>
      <Button onClick={onClick}>
        <Icon name="chevron" />
        Newest
      </Button>
    </div>
  );
}

function Tools({
  id,
  isKept,
  onKeep,
}: {
  readonly id: string | null;
  readonly isKept: boolean;
  readonly onKeep: (isKept: boolean) => void;
}) {
  const [isListed, setIsListed] = useState(false);
  return (
    <Row>
      <label className={styles["check"]}>
        <input type="checkbox" checked={!isKept} onChange={({ target }) => onKeep(!target.checked)} />
        Do not keep
      </label>
      <Button aria-haspopup="dialog" onClick={() => setIsListed(true)}>
        Chats
      </Button>
      {id === null ? null : <LinkButton to="/chat">New chat</LinkButton>}
      <ChatsSheet isOpen={isListed} onClose={() => setIsListed(false)} openId={id} />
    </Row>
  );
}

function MissingChat() {
  return (
    <>
      <PageHeading title="This chat is not here" />
      <Empty title="This browser has no such chat" action={<LinkButton to="/chat">New chat</LinkButton>}>
        <p>
          Chats stay in the browser they were had in. It was deleted, was not kept, or is in another browser.
        </p>
      </Empty>
    </>
  );
}

/** Esc stops what is being written, unless it closes something that is open. */
function useStopByEscape(chatId: string | null): void {
  useEffect(() => {
    if (chatId === null) return;
    const onKeyDown = (event: KeyboardEvent) => {
      const isForPopup = document.querySelector("[role=dialog], [role=listbox], [role=menu]") !== null;
      if (event.key === "Escape" && !event.defaultPrevented && !isForPopup) stopChat(chatId);
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, [chatId]);
}
