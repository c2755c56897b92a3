import { useEffect, useRef, useState } from "react";

const NEW = "new";

/** The draft of a chat (`null`: of one that has not begun), and how it is changed. */
export function useDraft(chatId: string | null, isKept: boolean): readonly [string, (text: string) => void] {
  const place = chatId ?? NEW;
  const [typed, setTyped] = useState(() => ({ place, text: draftOf(place) }));
  // Another chat was opened, and has a draft of its own.
  const text = typed.place === place ? typed.text : draftOf(place);
  const latest = useRef(text);
  useEffect(() => {
    latest.current = text;
  });
  // Where it is stored changes with the choice.
  useEffect(() => {
    if (latest.current !== "") keepDraft(place, latest.current, isKept);
  }, [place, isKept]);
  const change = (next: string) => {
    setTyped({ place, text: next });
    keepDraft(place, next, isKept);
  };
  return [text, change];
}

/**
 * What is typed and not sent, stored with every key, by chat. That of a chat that is not kept lives as long as its
 * tab.
 */
function draftOf(place: string): string {
  try {
    return sessionStorage.getItem(keyOf(place)) ?? localStorage.getItem(keyOf(place)) ?? "";
  } catch {
    // Storage is switched off: a draft lives in its field alone.
    return "";
  }
}

function keepDraft(place: string, text: string, isKept: boolean): void {
  try {
    const [storage, other] = isKept ? [localStorage, sessionStorage] : [sessionStorage, localStorage];
    other.removeItem(keyOf(place));
    if (text === "") storage.removeItem(keyOf(place));
    else storage.setItem(keyOf(place), text);
  } catch {
    // Storage is switched off or full: the field has it.
  }
}

function keyOf(place: string): string {
  return `flock.draft.${place}`;
}
