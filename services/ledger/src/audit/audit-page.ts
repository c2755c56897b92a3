/**
 * What the statements of an audit answer with: every one reads a page of rows, by its index, and tells what it found in
 * them. So none is long, and what it costs does not depend on how many rows there are in all.
 */
export type Finding =
  /** The next page begins after this one; there is no next page where it is missing. */
  | { readonly found: "end"; readonly what: string; readonly hash: Buffer | null }
  /** What an account was debited and credited. */
  | { readonly found: "moved"; readonly number: bigint; readonly debit: bigint; readonly credit: bigint }
  /** What the jobs of an epoch earned and was not clawed back. */
  | { readonly found: "earned"; readonly number: bigint; readonly credit: bigint }
  /** What was vested for an epoch. */
  | { readonly found: "vested"; readonly number: bigint; readonly credit: bigint }
  | { readonly found: "violation"; readonly rule: string; readonly what: string };

/** Rows of a page: few enough that reading them keeps nobody waiting. */
export const ROWS_PER_PAGE = 500;

/**
 * The query for a page and its findings.
 * @param tables the WITH list that reads the page
 * @param findings each a SELECT of `found, rule, what, number, debit, credit, hash`, as far as it has them: see
 *   {@link finding}
 */
export function auditPage(tables: readonly string[], findings: readonly string[]): string {
  return `WITH ${tables.join(",\n")}\n${findings.map((query) => `(${query})`).join("\nUNION ALL\n")}`;
}

/** The columns of a {@link Finding}, from SQL expressions. */
export function finding(
  found: Finding["found"],
  { rule = "NULL", what = "NULL", number = "NULL", debit = "NULL", credit = "NULL", hash = "NULL" },
): string {
  return `SELECT '${found}' AS found, ${rule}::text AS rule, ${what}::text AS what, ${number}::bigint AS number,
                 ${debit}::bigint AS debit, ${credit}::bigint AS credit, ${hash}::bytea AS hash`;
}

/** A violation of `rule`. @param what SQL for what breaks it */
export function violation(rule: string, what: string): string {
  return finding("violation", { rule: `'${rule.replaceAll("'", "''")}'`, what });
}
