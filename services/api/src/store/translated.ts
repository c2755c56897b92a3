import { databaseError } from "@flock/database";

/** Runs a query; what it throws becomes a FlockError. */
export async function translated<T>(query: () => Promise<T>): Promise<T> {
  try {
    return await query();
  } catch (thrown) {
    throw databaseError(thrown);
  }
}
