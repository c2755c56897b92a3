import { type Kysely, sql } from "kysely";

/** Whose wallets have named an account to be paid: what its owner asks for. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`CREATE INDEX delegations_of_payout ON delegations (payout)`.execute(db);
}
