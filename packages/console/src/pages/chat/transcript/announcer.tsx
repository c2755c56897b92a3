import { useEffect, useRef, useState } from "react";
import { counted } from "../../../format/count.js";
import { announcesSentences } from "../conversation/settings.js";
import { type Answer, isUnderWay } from "../conversation/turns.js";
import { visibleText } from "../markdown/visible-text.js";

const EVERY_MS = 2_000;
const SENTENCES = /^[\s\S]*[.!?…:](?=\s)/;
const SAID_LENGTH_MAX = 600;

/**
 * Reads an answer aloud as it comes: whole sentences, every two seconds at most, and at last that it is complete. The
 * transcript itself is no live region, because every word of it would be read again and again.
 */
export function Announcer({ answer }: { readonly answer: Answer | null }) {
  const isBySentence = announcesSentences.use();
  const [said, setSaid] = useState("");
  const latest = useRef(answer);
  const before = useRef<Answer | null>(null);
  latest.current = answer;

  useEffect(() => {
    let at = latest.current?.text.length ?? 0;
    let id = latest.current?.id;
    const timer = setInterval(() => {
      const now = latest.current;
      if (now === null || !isUnderWay(now) || !isBySentence) return;
      if (now.id !== id) [id, at] = [now.id, 0];
      const sentences = SENTENCES.exec(now.text.slice(at))?.[0] ?? "";
      if (sentences === "") return;
      at += sentences.length;
      setSaid(spoken(sentences));
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, [isBySentence]);

  useEffect(() => {
    const was = before.current;
    before.current = answer;
    if (answer === null || was?.id !== answer.id || !isUnderWay(was) || isUnderWay(answer)) return;
    setSaid(endWords(answer));
  }, [answer]);

  return (
    <p className="only-heard" aria-live="polite">
      {said}
    </p>
  );
}

function endWords({ state, facts }: Answer): string {
  if (state === "stopped") return "Stopped.";
  if (state !== "done") return "There is no whole answer.";
  return facts.completionTokens === null
    ? "Answer complete."
    : `Answer complete, ${counted(facts.completionTokens, "token")}.`;
}

/** Without the marks of markdown, which nobody says. */
function spoken(text: string): string {
  return visibleText(
    text
      .replace(/[*_`#>|~]+/g, "")
      .replace(/\s+/g, " ")
      .trim(),
  ).slice(0, SAID_LENGTH_MAX);
}
