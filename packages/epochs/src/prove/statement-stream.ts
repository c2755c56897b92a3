import { sha256 } from "@noble/hashes/sha2.js";
import { LineBlocks } from "../statement/line-blocks.js";
import type { Party } from "./party.js";
import { type StatementRead, StatementReader } from "./statement-reader.js";

/**
 * Proves a party's amounts from a whole statement as it comes, in constant memory: what `proveFromStatement` does of a
 * file, where there is no Node.
 * @throws FlockError as that does; and whatever the stream throws
 */
export async function proveFromStream(
  chunks: AsyncIterable<Uint8Array>,
  { root, party }: { readonly root: string; readonly party: Party },
): Promise<StatementRead> {
  const reader = new StatementReader(party, sha256);
  const blocks = new LineBlocks((block) => reader.read(block));
  for await (const chunk of chunks) blocks.add(chunk);
  blocks.end();
  return reader.finish(root);
}
