import { FlockError } from "@flock/errors";

/**
 * Makes sure that this version can go on with a schema on which the migrations `applied` have run: they must be the
 * first of those that it knows.
 *
 * Names are enough: a released migration never changes (test/schema has the SHA-256 of each), so a name stands for its
 * content in every version. A checksum in the database would say no more: the code that runs is compiled and bundled
 * and is not the file of the checksum, and each PostgreSQL describes the resulting catalog differently.
 * @param known all names, in any order
 * @throws FlockError `failed_precondition` whose message says what to do
 */
export function checkApplied(schema: string, applied: readonly string[], known: readonly string[]): void {
  const names = [...known].sort();
  const unknown = applied.find((name) => !names.includes(name));
  if (unknown === undefined) {
    const skipped = names.slice(0, applied.length).find((name) => !applied.includes(name));
    if (skipped !== undefined) throw slippedIn(schema, skipped);
  } else if (applied.length > names.length && names.every((name, index) => name === applied[index])) {
    throw madeByNewer(schema, unknown);
  } else {
    throw madeByOther(schema, unknown);
  }
}

function madeByNewer(schema: string, unknown: string): FlockError {
  return new FlockError(
    "failed_precondition",
    `the schema ${schema} of this database was made by a newer version of FlockOllamas: this one does not know its migration ${unknown}. Run that version, or a later one.`,
  );
}

function madeByOther(schema: string, unknown: string): FlockError {
  return new FlockError(
    "failed_precondition",
    `the schema ${schema} of this database was made by an earlier version of FlockOllamas, from before its schema was frozen (${unknown}): it cannot be upgraded. To begin anew on this machine: npm start -- --fresh. Operators: docs/operators.md, "What lasts".`,
  );
}

function slippedIn(schema: string, skipped: string): FlockError {
  return new FlockError(
    "failed_precondition",
    `the migration ${skipped} of schema ${schema} comes before one that has run already: give it a name that sorts after all others.`,
  );
}
