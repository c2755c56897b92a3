import type pg from "pg";
import { CHAIN_START, canonicalBytes, chainHash } from "../domain/chain-hash.js";
import { byCommit, type CommittedRow, TRANSFERS_OF } from "./commit-chain.js";

/** Few: while their transfers are read and hashed, the process answers nobody. */
const LINKS_AT_ONCE = 8;

const LINKS = "SELECT * FROM commit_chain WHERE position > $1 ORDER BY position LIMIT $2";
const TRANSFERS = TRANSFERS_OF(`
  SELECT c.first_seq, c.transfer_count
    FROM commit_chain l JOIN commits c USING (first_seq) WHERE l.position > $1 AND l.position <= $1 + $2`);

interface LinkRow {
  readonly position: bigint;
  readonly first_seq: bigint;
  readonly hash: Buffer;
}

/**
 * Computes the hash chain again from the transfers in the database; what is wrong, in words, empty if nothing. The
 * first fault ends it: all later links follow from it.
 */
export async function verifyChain(client: Pick<pg.Pool, "query">): Promise<string[]> {
  let hash: Uint8Array = CHAIN_START;
  for (let position = 0n; ; position += BigInt(LINKS_AT_ONCE)) {
    const { rows: links } = await client.query<LinkRow>(LINKS, [position, LINKS_AT_ONCE]);
    const { rows } = await client.query<CommittedRow>(TRANSFERS, [position, LINKS_AT_ONCE]);
    const commits = byCommit(rows);
    for (const link of links) {
      const computed = chainHash(hash, canonicalBytes(commits.get(link.first_seq) ?? []));
      if (!computed.equals(link.hash))
        return [`the transfers of a commit are not those that were hashed: link ${link.position}`];
      hash = link.hash;
    }
    if (links.length < LINKS_AT_ONCE) return [];
  }
}
