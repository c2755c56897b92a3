import { FlockError } from "@flock/errors";

/*
 * Our lines in a file that takes comments with "#": they stand between two marks that name the tool.
 *
 *   # >>> flock setup aider >>>
 *   openai-api-base: "http://127.0.0.1:11435/v1"
 *   # <<< flock setup aider <<<
 *
 * removeBlock(insertLines(text)) is the text, byte by byte. So there are two forms: behind a text without a newline at
 * its end, the block begins with a newline and ends without one; everywhere else it is whole lines. A third form stands
 * within the brackets of a YAML list, and says so in its mark.
 */

const IN_BRACKETS = " (in brackets)";
/** What the form in brackets leaves in front of the rest of the list: YAML wants it indented. */
const BRACKETS_TAIL = "  ";

/** Where the block of a tool stands: from the beginning of its first line to the end of its last, newline excluded. */
interface Block {
  readonly from: number;
  readonly to: number;
  readonly newline: string;
  readonly isInBrackets: boolean;
}

function findBlock(text: string, tool: string): Block | undefined {
  const start = new RegExp(`^[ \\t]*# >>> flock setup ${tool} >>>(.*?)(\\r?\\n)`, "gm");
  const end = new RegExp(`^[ \\t]*# <<< flock setup ${tool} <<<`, "gm");
  const [starts, ends] = [[...text.matchAll(start)], [...text.matchAll(end)]];
  const [first, last] = [starts[0], ends[0]];
  if (first === undefined && last === undefined) return undefined;
  if (
    first === undefined ||
    last === undefined ||
    starts.length + ends.length > 2 ||
    last.index < first.index
  ) {
    const place = lineOf(text, Math.min(first?.index ?? Infinity, last?.index ?? Infinity));
    throw new FlockError(
      "failed_precondition",
      `the marks of "flock setup ${tool}" do not match, line ${place}: remove them and what is between by hand`,
    );
  }
  const [, suffix = "", newline = "\n"] = first;
  return {
    from: first.index,
    to: last.index + last[0].length,
    newline,
    isInBrackets: suffix === IN_BRACKETS,
  };
}

/** The line, from 1, of a place in a text. */
export function lineOf(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

/** The text with a block in it, at the beginning of a line or at the end of the text. */
export function insertLines(
  text: string,
  tool: string,
  lines: readonly string[],
  { at = text.length, indent = "" }: { at?: number; indent?: string } = {},
): string {
  const newline = newlineOf(text);
  const block = blockOf(tool, "", lines)
    .map((line) => indent + line)
    .join(newline);
  const isWholeLines = at < text.length || text === "" || text.endsWith("\n");
  const inserted = isWholeLines ? block + newline : newline + block;
  return text.slice(0, at) + inserted + text.slice(at);
}

/** The text with a block behind an opening bracket that stands in front of `at`. */
export function insertInBrackets(text: string, tool: string, lines: readonly string[], at: number): string {
  const newline = newlineOf(text);
  const block = blockOf(tool, IN_BRACKETS, lines)
    .map((line) => `    ${line}`)
    .join(newline);
  return text.slice(0, at) + newline + block + newline + BRACKETS_TAIL + text.slice(at);
}

function blockOf(tool: string, suffix: string, lines: readonly string[]): string[] {
  return [`# >>> flock setup ${tool} >>>${suffix}`, ...lines, `# <<< flock setup ${tool} <<<`];
}

function newlineOf(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}

/** The text without the block of a tool; a text that has none is what it was. */
export function removeBlock(text: string, tool: string): string {
  const block = findBlock(text, tool);
  if (block === undefined) return text;
  const { newline, isInBrackets } = block;
  let { from, to } = block;
  const behind = text.slice(to);
  if (isInBrackets && behind.startsWith(newline + BRACKETS_TAIL)) {
    from -= newline.length;
    to += newline.length + BRACKETS_TAIL.length;
  } else if (behind.startsWith(newline)) to += newline.length;
  else if (text.slice(0, from).endsWith(newline)) from -= newline.length;
  return text.slice(0, from) + text.slice(to);
}

/**
 * The text with the block that `insert` puts into a text without one. A block that is there already is replaced where
 * it stands, if the outcome is right there: a person may have moved it.
 */
export function enterBlock(
  present: string,
  tool: string,
  insert: (text: string) => string,
  isRight: (text: string) => boolean = () => true,
): string {
  const entered = insert(removeBlock(present, tool));
  const [old, fresh] = [findBlock(present, tool), findBlock(entered, tool)];
  if (old === undefined || fresh === undefined) return entered;
  const inPlace = present.slice(0, old.from) + entered.slice(fresh.from, fresh.to) + present.slice(old.to);
  return isRight(inPlace) ? inPlace : entered;
}
