import type { Spread } from "./model.js";
import { sampleWords } from "./model-words.js";
import styles from "./models.module.css";

/** The half and the nine of ten, and below them the sample. */
export function Measured({
  spread,
  words,
}: {
  readonly spread: Spread | null;
  readonly words: (value: number) => string;
}) {
  if (spread === null) return "unknown";
  return <TwoLines first={`${words(spread.p50)} · ${words(spread.p90)}`} second={sampleWords(spread)} />;
}

export function TwoLines({ first, second }: { readonly first: string; readonly second: string }) {
  return (
    <>
      {first}
      {second === "" ? null : <span className={styles["second"]}>{second}</span>}
    </>
  );
}
