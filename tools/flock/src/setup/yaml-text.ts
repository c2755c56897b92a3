import { isDeepStrictEqual } from "node:util";
import { FlockError } from "@flock/errors";
import { type Document, isMap, LineCounter, type ParsedNode, parseDocument, type YAMLMap } from "yaml";
import { lineOf } from "./marked-lines.js";

/*
 * YAML files of other people. They are read with a parser, and changed as texts: whoever writes a parsed document back
 * changes how its author has wrapped, quoted and indented it.
 */

/** A document whose outermost node is a mapping of lines, or which is empty. */
export interface YamlSettings {
  readonly text: string;
  readonly root: YAMLMap.Parsed | undefined;
  readonly value: Readonly<Record<string, unknown>>;
}

/** @throws FlockError `failed_precondition` that names the place. */
export function readYamlSettings(text: string, file: string): YamlSettings {
  const document = parse(text);
  const [error] = document.errors;
  if (error !== undefined) {
    const at = error.linePos?.[0];
    const place = at === undefined ? "" : `, line ${at.line}, column ${at.col}`;
    throw new FlockError(
      "failed_precondition",
      `${file}${place}: ${error.message.split("\n")[0]}; it is left as it is`,
    );
  }
  const root = document.contents;
  if (root === null || (!isMap(root) && document.toJS() === null))
    return { text, root: undefined, value: {} };
  if (!isMap(root))
    throw new FlockError(
      "failed_precondition",
      `${file}, line 1: that is no list of settings; it is left as it is`,
    );
  return { text, root, value: document.toJS() };
}

function parse(text: string): Document.Parsed<ParsedNode> {
  return parseDocument(text, { lineCounter: new LineCounter(), logLevel: "error" });
}

/** The line of a setting, from 1; undefined if it is not there. */
export function lineOfSetting({ root, text }: YamlSettings, name: string): number | undefined {
  const pair = root?.items.find(({ key }) => "value" in key && String(key.value) === name);
  return pair === undefined ? undefined : lineOf(text, pair.key.range[0]);
}

/** Whether a text is YAML that says exactly one of these. */
export function saysYaml(text: string, ...expected: readonly unknown[]): boolean {
  const document = parse(text);
  if (document.errors.length > 0) return false;
  const value: unknown = document.toJS();
  return expected.some((each) => isDeepStrictEqual(value, each));
}
