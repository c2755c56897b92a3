import {
  applyEdits,
  type FormattingOptions,
  findNodeAtLocation,
  modify,
  type Node,
  parseTree,
} from "jsonc-parser";

/*
 * JSON with comments, changed as a text. jsonc-parser's `modify` puts a new property between the last one and the
 * comment at the end of its line, and takes comments away with a property. So where properties stand on lines of their
 * own, whole lines come and go; elsewhere `modify` does it.
 */

/** Has an object's property say this; a property that is missing comes last. */
export function setProperty(text: string, path: readonly string[], value: unknown): string {
  const root = parseTree(text, [], PARSING);
  if (root === undefined || findNodeAtLocation(root, [...path]) !== undefined)
    return modified(text, path, value);
  const depth = path.findLastIndex((_, at) => findNodeAtLocation(root, path.slice(0, at)) !== undefined);
  const parent = findNodeAtLocation(root, path.slice(0, depth));
  const missing = path.slice(depth + 1).reduceRight((inner, name) => ({ [name]: inner }), value);
  return insertedBehind(text, parent, String(path[depth]), missing) ?? modified(text, path, value);
}

/** Takes a property away, and the objects around it that had nothing else. */
export function removeProperty(text: string, path: readonly string[]): string {
  const root = parseTree(text, [], PARSING);
  let last = path.length;
  while (last > 1 && holdsNothingElse(text, root && findNodeAtLocation(root, path.slice(0, last - 1))))
    last -= 1;
  const short = path.slice(0, last);
  const property = root && findNodeAtLocation(root, short)?.parent;
  return (property && removedLines(text, property)) ?? modified(text, short, undefined);
}

export const PARSING = { allowTrailingComma: true, disallowComments: false };

function modified(text: string, path: readonly string[], value: unknown): string {
  return applyEdits(text, modify(text, [...path], value, { formattingOptions: formatOf(text) }));
}

/** How the file is written: what is put in looks like the rest. */
function formatOf(text: string): FormattingOptions {
  const indent = indentOf(text);
  return {
    insertSpaces: !indent.startsWith("\t"),
    tabSize: indent.startsWith("\t") ? 1 : indent.length,
    eol: newlineOf(text),
  };
}

function indentOf(text: string): string {
  return /^([ \t]+)"/m.exec(text)?.[1] ?? "  ";
}

function newlineOf(text: string): string {
  return text.includes("\r\n") ? "\r\n" : "\n";
}

function insertedBehind(
  text: string,
  parent: Node | undefined,
  name: string,
  value: unknown,
): string | undefined {
  const last = parent?.children?.at(-1);
  if (parent?.type !== "object" || last === undefined) return undefined;
  const before = indentBefore(text, last);
  const end = last.offset + last.length;
  const { comma, lineEnd } = restOfLine(text, end);
  if (before === undefined || lineEnd === undefined) return undefined;
  const unit = indentOf(text);
  const lines = JSON.stringify({ [name]: value }, null, unit)
    .split("\n")
    .slice(1, -1);
  const inserted = lines.map((line) => newlineOf(text) + before + line.slice(unit.length)).join("");
  const hasComma = comma !== undefined;
  return [
    text.slice(0, end),
    hasComma ? "" : ",",
    text.slice(end, lineEnd),
    inserted,
    hasComma ? "," : "",
    text.slice(lineEnd),
  ].join("");
}

function removedLines(text: string, property: Node): string | undefined {
  const before = indentBefore(text, property);
  const { comma, lineEnd } = restOfLine(text, property.offset + property.length);
  const siblings = property.parent?.children ?? [];
  const previous = siblings[siblings.indexOf(property) - 1];
  const isClean =
    lineEnd !== undefined && /^[ \t,]*$/.test(text.slice(property.offset + property.length, lineEnd));
  if (before === undefined || previous === undefined || !isClean) return undefined;
  const from = text.lastIndexOf("\n", property.offset) + 1;
  const newline = text.slice(0, from).endsWith("\r\n") ? 2 : 1;
  const kept = text.slice(0, from - newline) + text.slice(lineEnd);
  if (comma !== undefined || property !== siblings.at(-1)) return kept;
  // The one before is the last one now.
  const dangling = restOfLine(text, previous.offset + previous.length).comma;
  return dangling === undefined ? undefined : kept.slice(0, dangling) + kept.slice(dangling + 1);
}

/** The blanks before a node that begins its line; undefined if it does not. */
function indentBefore(text: string, { offset }: Node): string | undefined {
  const before = text.slice(text.lastIndexOf("\n", offset) + 1, offset);
  return /^[ \t]*$/.test(before) ? before : undefined;
}

/** What may follow a value on its line: a comma, and comments. */
const REST_OF_LINE = /((?:[ \t]|\/\*[\s\S]*?\*\/)*)(,?)(?:[ \t]|\/\*[\s\S]*?\*\/|\/\/[^\r\n]*)*(?=\r?\n)/y;

/** Where the comma behind a value is, and where its line ends; neither, if there is more on that line. */
function restOfLine(text: string, at: number): { comma?: number; lineEnd?: number } {
  REST_OF_LINE.lastIndex = at;
  const found = REST_OF_LINE.exec(text);
  if (found === null) return {};
  const [rest, before = "", comma] = found;
  const lineEnd = at + rest.length;
  return comma === "" ? { lineEnd } : { comma: at + before.length, lineEnd };
}

/** Whether an object has one property, and no comment beside it. */
function holdsNothingElse(text: string, node: Node | undefined): boolean {
  const [only, ...others] = node?.children ?? [];
  if (node?.type !== "object" || only === undefined || others.length > 0) return false;
  const around =
    text.slice(node.offset + 1, only.offset) +
    text.slice(only.offset + only.length, node.offset + node.length - 1);
  return /^[\s,]*$/.test(around);
}
