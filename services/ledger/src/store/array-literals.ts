/*
 * Arrays of PostgreSQL as text. The driver would make them as well, but looks at each element, numbers too, for what
 * kind of value it is: on the hot path that is most of what writing a commit takes of the process.
 */

/** An array of any text; undefined is NULL. (PostgreSQL keeps no NUL character in text, and refuses it here.) */
export function textArray<T>(rows: readonly T[], textOf: (row: T) => string | undefined): string {
  return `{${rows.map((row) => quoted(textOf(row))).join()}}`;
}

/** An array of whole numbers; undefined is NULL. */
export function numberArray<T>(
  rows: readonly T[],
  numberOf: (row: T) => bigint | number | undefined,
): string {
  return `{${rows.map((row) => numberOf(row) ?? "NULL").join()}}`;
}

const SPECIAL = /["\\]/g;

/** Always in quotation marks, within which these two are the only characters that mean anything. */
function quoted(text: string | undefined): string {
  if (text === undefined) return "NULL";
  // Nearly no text has one of them, and to look is cheaper than to replace.
  const isPlain = !text.includes('"') && !text.includes("\\");
  return isPlain ? `"${text}"` : `"${text.replace(SPECIAL, "\\$&")}"`;
}
