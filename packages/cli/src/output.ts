/** Columns of text, as wide as their widest cell; numbers (as told by `right`) to the right. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      widths
        .map((width, column) => {
          const cell = line[column] ?? "";
          return right.includes(column) ? cell.padStart(width) : cell.padEnd(width);
        })
        .join("  ")
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join("");
}

/** One value as a line of JSON; amounts (bigint) are strings, because JSON numbers lose their digits. */
export function jsonLine(value: unknown): string {
  const text = JSON.stringify(value, (_key, member) =>
    typeof member === "bigint" ? String(member) : member,
  );
  return `${text}\n`;
}

/** A moment as a person reads it: UTC, to the second. */
export function moment(unixMs: number): string {
  return new Date(unixMs).toISOString().replace("T", " ").slice(0, 19);
}
