import { type Kysely, sql } from "kysely";

/**
 * The hash chain over all commits, in the order in which they are published: position 1, 2, 3, … without gaps, each
 * hash over the one before and the commit's transfers (src/domain/chain-hash.ts). A commit gets its link before it is
 * published, so that whatever is published again is published as before. Nobody can change a link: whoever kept one
 * hash can tell whether anything before it was changed.
 *
 * `publication` says up to which position the stream has confirmed what was published.
 */
export async function createCommitChain(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE commit_chain (
      position      bigint PRIMARY KEY,
      first_seq     bigint NOT NULL UNIQUE REFERENCES commits,
      previous_hash bytea NOT NULL CHECK (octet_length(previous_hash) = 32),
      hash          bytea NOT NULL CHECK (octet_length(hash) = 32)
    )`.execute(db);
  await sql`
    CREATE FUNCTION check_link() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      last commit_chain%ROWTYPE;
    BEGIN
      SELECT * INTO last FROM commit_chain ORDER BY position DESC LIMIT 1;
      IF NEW.position <> coalesce(last.position, 0) + 1
         OR NEW.previous_hash <> coalesce(last.hash, decode(repeat('00', 32), 'hex')) THEN
        RAISE EXCEPTION 'link % does not follow link %', NEW.position, last.position USING ERRCODE = 'FL000';
      END IF;
      RETURN NEW;
    END $$`.execute(db);
  await sql`
    CREATE TRIGGER commit_chain_check BEFORE INSERT ON commit_chain
      FOR EACH ROW EXECUTE FUNCTION check_link()`.execute(db);
  await sql`REVOKE UPDATE, DELETE, TRUNCATE ON commit_chain FROM PUBLIC, CURRENT_USER`.execute(db);
  await sql`
    CREATE TRIGGER commit_chain_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON commit_chain
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`.execute(db);
  await sql`
    CREATE TABLE publication (
      is_only   boolean PRIMARY KEY DEFAULT true CHECK (is_only),
      published bigint NOT NULL CHECK (published >= 0)
    )`.execute(db);
  await sql`INSERT INTO publication (published) VALUES (0)`.execute(db);
}
