import { type Kysely, sql } from "kysely";

/**
 * Which keys may work in the name of which wallets, with what the wallets have signed. A key is of one wallet for as
 * long as its row is here. There is no reference to accounts: what a wallet earns is the ledger's.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE delegations (
      key        text COLLATE "C" PRIMARY KEY CHECK (key <> wallet),
      wallet     text COLLATE "C" NOT NULL,
      payout     text COLLATE "C" NOT NULL,
      text       text COLLATE "C" NOT NULL CHECK (octet_length(text) <= 1024),
      signature  bytea NOT NULL CHECK (octet_length(signature) = 64),
      kept_at    timestamptz NOT NULL,
      expires_at timestamptz NOT NULL
    )`.execute(db);
  await sql`CREATE INDEX delegations_of_wallet ON delegations (wallet, kept_at)`.execute(db);
  await sql`CREATE INDEX delegations_by_end ON delegations (expires_at)`.execute(db);
}
