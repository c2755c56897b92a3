import { encode, modelToken } from "@flock/proto";
import { CatalogueEntry } from "@flock/proto/catalogue";
import { JetStreamApiError } from "@nats-io/jetstream";
import type { KV } from "@nats-io/kv";

/** JetStream's "wrong last sequence": the key exists. */
const EXISTS = 10071;

/** Makes an entry under its own name. False if there is one already, which stays as it is. */
export async function createEntry(kv: KV, entry: CatalogueEntry): Promise<boolean> {
  try {
    await kv.create(modelToken(entry.name), encode(CatalogueEntry, entry));
    return true;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === EXISTS) return false;
    throw error;
  }
}

/**
 * Moves an entry to another name of its model, so that its digest stays pinned and its prices stay. Versions before
 * names were taken without regard to case left entries under names that nobody asks for any more. Undefined if the
 * other name has an entry of its own; the old one is deleted all the same.
 */
export async function renameEntry(
  kv: KV,
  entry: CatalogueEntry,
  name: string,
): Promise<CatalogueEntry | undefined> {
  const renamed = { ...entry, name };
  const isNew = await createEntry(kv, renamed);
  await kv.delete(modelToken(entry.name));
  return isNew ? renamed : undefined;
}
