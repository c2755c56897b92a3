import { useState } from "react";
import { useLocation } from "wouter";
import { type Asked, askQuestion, type Setup } from "./answering/chat-actions.js";

export interface Asking {
  readonly send: (asked: Asked) => void;
  readonly isKeyAsked: boolean;
  readonly askForKey: () => void;
  readonly leaveKey: () => void;
  /** There is a key now: what waited for it is sent. */
  readonly onKey: () => void;
}

/** Sends what was typed. Whoever needs a key first is asked for it, and what was typed stays until then. */
export function useAsking(
  chatId: string | null,
  setup: Setup | null,
  isKept: boolean,
  onSent: () => void,
): Asking {
  const [, go] = useLocation();
  const [isKeyAsked, setIsKeyAsked] = useState(false);
  const [waiting, setWaiting] = useState<Asked | null>(null);
  const ask = (asked: Asked) => {
    if (setup === null) return;
    onSent();
    const id = askQuestion(chatId, asked, setup, isKept);
    if (chatId === null) go(`/chat/${id}`, { replace: true });
  };
  return {
    send(asked) {
      const needsKey = setup?.access.kind === "member" || setup?.access.kind === "nobody";
      if (!needsKey) return ask(asked);
      setWaiting(asked);
      setIsKeyAsked(true);
    },
    isKeyAsked,
    askForKey: () => setIsKeyAsked(true),
    leaveKey: () => {
      setIsKeyAsked(false);
      setWaiting(null);
    },
    onKey: () => {
      if (waiting !== null) ask(waiting);
    },
  };
}
