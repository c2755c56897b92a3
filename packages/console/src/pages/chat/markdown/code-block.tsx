import { memo, useEffect, useState } from "react";
import { CopyButton } from "../../../ui/copy-button.js";
import type { CodeRun } from "./highlight.js";
import styles from "./markdown.module.css";
import { visibleText } from "./visible-text.js";

const LANGUAGE_LENGTH_MAX = 20;

/** The colours of the console's code: a kind of word, and which of four looks it has. */
const LOOKS: Readonly<Record<string, string>> = {
  keyword: "keyword",
  built_in: "keyword",
  literal: "number",
  number: "number",
  string: "string",
  regexp: "string",
  comment: "comment",
  quote: "comment",
  title: "name",
  type: "name",
  attr: "name",
  attribute: "name",
  name: "name",
};

/** @param isWhole Its end has come: from then on it is coloured. */
export const CodeBlock = memo(function CodeBlock({
  code,
  info,
  isWhole,
}: {
  readonly code: string;
  readonly info: string;
  readonly isWhole: boolean;
}) {
  const language = (/^[\w+#.-]+/.exec(info)?.[0] ?? "").slice(0, LANGUAGE_LENGTH_MAX).toLowerCase();
  const text = visibleText(code);
  const runs = useRuns(text, language, isWhole);
  return (
    <div className={styles["code"]}>
      <div className={styles["codeHead"]}>
        <span>{language === "" ? "code" : language}</span>
        <CopyButton text={code} what="the code" />
      </div>
      <pre tabIndex={0} role="region" aria-label={language === "" ? "Code" : `Code, ${language}`} dir="ltr">
        <code>
          {runs === null
            ? text
            : runs.map(({ text: part, kind }, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the runs of a text that does not change
                <span key={index} className={styles[LOOKS[kind ?? ""] ?? "none"]}>
                  {part}
                </span>
              ))}
        </code>
      </pre>
    </div>
  );
});

function useRuns(code: string, language: string, isWhole: boolean): readonly CodeRun[] | null {
  const [runs, setRuns] = useState<readonly CodeRun[] | null>(null);
  useEffect(() => {
    setRuns(null);
    if (!isWhole || language === "") return;
    let isWanted = true;
    import("./highlight.js").then(
      ({ codeRuns }) => {
        if (isWanted) setRuns(codeRuns(code, language));
      },
      () => {
        // The file did not come: code without colours is code.
      },
    );
    return () => {
      isWanted = false;
    };
  }, [code, language, isWhole]);
  return runs;
}
