import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import cpp from "highlight.js/lib/languages/cpp";
import css from "highlight.js/lib/languages/css";
import go from "highlight.js/lib/languages/go";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";
import { createLowlight } from "lowlight";

/* Loaded when an answer has code, and no sooner: it is a sixth of the page. */

const lowlight = createLowlight({
  bash,
  c,
  cpp,
  css,
  go,
  java,
  javascript,
  json,
  python,
  rust,
  sql,
  typescript,
  xml,
  yaml,
});
/** A grammar may look at a text again and again. */
const CODE_LENGTH_MAX = 20_000;

/** What the highlighter makes: elements and texts alone. */
interface CodeElement {
  readonly type: "element";
  readonly properties: Readonly<Record<string, unknown>>;
  readonly children: readonly CodeNode[];
}
type CodeNode = CodeElement | { readonly type: "text"; readonly value: string };

/** A run of letters of one kind: `keyword`, `string`, `comment`, …; `null`: of none. */
export interface CodeRun {
  readonly text: string;
  readonly kind: string | null;
}

/** Lines of code as coloured runs; `null`: in no language that is known here. */
export function codeRuns(code: string, language: string): readonly CodeRun[] | null {
  if (code.length > CODE_LENGTH_MAX || !lowlight.registered(language)) return null;
  const runs: CodeRun[] = [];
  const walk = (nodes: readonly CodeNode[], kind: string | null) => {
    for (const node of nodes) {
      if (node.type === "text") runs.push({ text: node.value, kind });
      else walk(node.children, kindOf(node) ?? kind);
    }
  };
  // CAST: its own types also have comments and doctypes, which it never makes.
  walk(lowlight.highlight(language, code).children as readonly CodeNode[], null);
  return runs;
}

/** `hljs-title function_` is a `title`. */
function kindOf({ properties }: CodeElement): string | null {
  const names = properties["className"];
  const [name] = Array.isArray(names) ? names : [];
  return typeof name === "string" ? name.replace(/^hljs-/, "") : null;
}
