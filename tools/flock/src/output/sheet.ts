/*
 * What people read: tables that fit their terminal, and the same as tab-separated values for programs that read a pipe.
 * Cells may be a stranger's words (names of models, memos, labels), so nothing in them reaches a terminal as a control.
 */

/** Columns under a head; `right` names those with numbers. On a narrow terminal the last ones are left out first. */
interface Table {
  readonly kind: "table";
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly right: readonly number[];
}

/** Names and values, a line each; whole on any terminal. */
interface Facts {
  readonly kind: "facts";
  readonly rows: readonly (readonly string[])[];
  readonly right: readonly number[];
}

export type Sheet = Table | Facts;
export type Text = string | Sheet | readonly (string | Sheet)[];

/** What a text is written on. */
export interface Paper {
  /** Undefined: a pipe or a file, which gets everything, tab-separated. */
  readonly columns: number | undefined;
  readonly hasColour: boolean;
}

const GAP = "  ";

export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): Sheet {
  return { kind: "table", head, rows, right };
}

export function facts(rows: readonly (readonly string[])[], right: readonly number[] = []): Sheet {
  return { kind: "facts", rows, right };
}

/** @returns the text, and the heads of the columns that did not fit */
export function rendered(text: Text, paper: Paper): { text: string; leftOut: readonly string[] } {
  const parts = typeof text === "string" || "kind" in text ? [text] : text;
  const leftOut: string[] = [];
  const written = parts.map((part) => {
    if (typeof part === "string") return paper.columns === undefined ? part : harmlessLines(part);
    if (paper.columns === undefined) return tabSeparated(part);
    return aligned(part, paper.columns, paper.hasColour, leftOut);
  });
  return { text: written.join(""), leftOut };
}

function tabSeparated(sheet: Sheet): string {
  const lines = sheet.kind === "table" ? [sheet.head, ...sheet.rows] : sheet.rows;
  return lines.map((line) => `${line.map(harmless).join("\t")}\n`).join("");
}

function aligned(sheet: Sheet, columns: number, hasColour: boolean, leftOut: string[]): string {
  const lines = (sheet.kind === "table" ? [sheet.head, ...sheet.rows] : sheet.rows).map((line) =>
    line.map(harmless),
  );
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => displayWidth(line[column] ?? ""))),
  );
  if (sheet.kind === "table") {
    while (
      widths.length > 1 &&
      widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length) > columns
    ) {
      widths.pop();
      leftOut.unshift(sheet.head[widths.length] ?? "");
    }
  }
  return lines
    .map((line, index) => {
      const cells = widths.map((width, column) => {
        const cell = line[column] ?? "";
        const blanks = " ".repeat(width - displayWidth(cell));
        return sheet.right.includes(column) ? blanks + cell : cell + blanks;
      });
      const written = cells.join(GAP).trimEnd();
      return `${sheet.kind === "table" && index === 0 && hasColour ? bold(written) : written}\n`;
    })
    .join("");
}

export function bold(text: string): string {
  return `\u001b[1m${text}\u001b[22m`;
}

/** A line of somebody else's words, without what a terminal would obey or a table would trip over. */
export function harmless(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, " ");
}

/** The same for a text of several lines. */
export function harmlessLines(text: string): string {
  return text.replaceAll(/(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, "");
}

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/gu;

/** Columns of a terminal that a text takes. */
function displayWidth(text: string): number {
  const characters = [...text.replaceAll(/\p{M}/gu, "")].length;
  return characters + (text.match(WIDE)?.length ?? 0);
}
