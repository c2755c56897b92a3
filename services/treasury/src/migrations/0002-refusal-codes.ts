import { type Kysely, sql } from "kysely";

/** The codes that a refusal could have when it was written as one text. */
const CODES =
  "invalid_argument|payload_too_large|unauthenticated|permission_denied|not_found|already_exists|" +
  "failed_precondition|insufficient_funds|resource_exhausted|unavailable|deadline_exceeded|cancelled|aborted|" +
  "unimplemented|internal";

/**
 * The code of a refusal is a column of its own. Until now it stood before the reason, as "<code>: <reason>", and was
 * read back from there. A refusal without a code in front keeps its whole text, and counts as `failed_precondition`,
 * as it did. Other payouts have a reason (why they were given back) and no code.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  // Made anew below. Without it, `updated_at` still says when the payout was refused.
  await sql`DROP TRIGGER payouts_guard ON payouts`.execute(db);
  await sql`ALTER TABLE payouts ADD COLUMN reason_code text NOT NULL DEFAULT ''`.execute(db);
  await sql`
    UPDATE payouts SET reason_code = split_part(reason, ': ', 1), reason = substr(reason, strpos(reason, ': ') + 2)
     WHERE state = 'refused' AND reason ~ ${`^(${CODES}): `}`.execute(db);
  await sql`
    UPDATE payouts SET reason_code = 'failed_precondition' WHERE state = 'refused' AND reason_code = ''`.execute(
    db,
  );
  await sql`
    ALTER TABLE payouts ADD CONSTRAINT payouts_refused_with_code
      CHECK ((state = 'refused') = (reason_code <> ''))`.execute(db);
  await sql`
    CREATE TRIGGER payouts_guard BEFORE UPDATE ON payouts
      FOR EACH ROW EXECUTE FUNCTION
      guard_change('payout', 'reason', 'reason_code', 'cohort', 'failures', 'signed_day')`.execute(db);
}
