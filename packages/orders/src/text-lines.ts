/*
 * How a signed text is written: printable ASCII, the same bytes on every screen, a title and then one fact per line in
 * a fixed order. A printable first byte cannot begin a transaction, so a signature over such a text never authorises
 * one.
 */

const TEXT_LENGTH_MAX = 1_024;

/** What is wrong with a text, in words for its author. */
export interface Fault {
  readonly fault: string;
}

/** Writes a text. */
export function lines(title: string, values: Readonly<Record<string, string>>): string {
  return [title, ...Object.entries(values).map(([name, value]) => `${name}: ${value}`)].join("\n");
}

/** Reads what {@link lines} wrote with these names, and nothing that merely resembles it. */
export function fields<const Names extends readonly string[]>(
  text: string,
  title: string,
  names: Names,
): { values: { [Index in keyof Names]: string } } | Fault {
  if (text.length > TEXT_LENGTH_MAX || !/^[\x20-\x7e\n]*$/.test(text))
    return { fault: "the text is not printable ASCII of at most 1024 characters" };
  const [first, ...rest] = text.split("\n");
  if (first !== title) return { fault: `the first line is not ${quoted(title)}` };
  if (rest.length !== names.length) return { fault: `${names.length} lines belong after the title` };
  const wrong = names.find((name, index) => !rest[index]?.startsWith(`${name}: `));
  if (wrong !== undefined) return { fault: `the line "${wrong}: …" is missing or not in its place` };
  // CAST: one value per name, in the order of the names.
  const values = names.map((name, index) => rest[index]?.slice(name.length + 2)) as {
    [Index in keyof Names]: string;
  };
  return { values };
}

/** Reads a time as `Date.toISOString` writes it, in Unix milliseconds. */
export function readTime(text: string, name = "expires"): number | Fault {
  const time = Date.parse(text);
  const isCanonical = Number.isFinite(time) && new Date(time).toISOString() === text;
  return isCanonical
    ? time
    : { fault: `${name}: ${quoted(text)} is not a time like 2026-01-31T12:00:00.000Z` };
}

/** The beginning of what somebody else wrote, for an error. */
export function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
