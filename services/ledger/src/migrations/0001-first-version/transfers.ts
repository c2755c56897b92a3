import { type Kysely, sql } from "kysely";

/**
 * Transfers, and the commits that they arrive in. How they change balances: apply-transfers.ts.
 *
 * A transfer is one debit, one credit, one amount, and is never changed. Its phase says what it does to balances:
 * `single` moves money; `pending` reserves it on the debit side (a hold, a payout); `post`, `void` and `expire` resolve
 * the pending transfer named in `pending_id`, at most one ever (unique), releasing all of it: `post` moves its own
 * amount, `void` and `expire` move nothing. Which kinds there are, and between which accounts: kind-rules.ts.
 *
 * The fee of a job is a transfer of its own, from the same wallet to `pool:fees`, with the number after the
 * settlement's that it is linked to. Every job has both, so the settlement's row carries the fee (`fee`) instead of a
 * second row with four more index entries, at a quarter of what settling costs. The view `all_transfers` has each
 * transfer by itself: what adds up or lists transfers reads the view.
 *
 * `seq` is unique, and a transfer that depends on another one has the higher number: `commits.first_seq` takes 10 000
 * numbers at once and a commit's transfers count up from it. Gaps are normal. The order in which commits became
 * visible, which is the one that is published, is that of the hash chain: commit-chain.ts.
 */
export async function createTransfers(db: Kysely<unknown>): Promise<void> {
  await createCommits(db);
  await createTransferTable(db);
  await createAllTransfers(db);
  await createOpenHolds(db);
  await createBalances(db);
  await sql`REVOKE UPDATE, DELETE, TRUNCATE ON transfers FROM PUBLIC, CURRENT_USER`.execute(db);
  await sql`
    CREATE TRIGGER transfers_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON transfers
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`.execute(db);
}

/** A commit takes the epoch lock before all others (see epochs.ts), and its epoch and time from the database. */
async function createCommits(db: Kysely<unknown>): Promise<void> {
  await sql`CREATE SEQUENCE commit_seq AS bigint INCREMENT BY 10000 START WITH 10000`.execute(db);
  await sql`
    CREATE TABLE commits (
      first_seq      bigint PRIMARY KEY DEFAULT nextval('commit_seq'),
      transfer_count integer NOT NULL CHECK (transfer_count BETWEEN 1 AND 10000),
      -- The epoch that was open, and the time in it, when the commit was made.
      epoch          bigint NOT NULL,
      committed_at   timestamptz NOT NULL,
      is_folded      boolean NOT NULL DEFAULT false,
      is_chained     boolean NOT NULL DEFAULT false
    )`.execute(db);
  await sql`CREATE INDEX commits_unfolded ON commits (first_seq) WHERE NOT is_folded`.execute(db);
  await sql`CREATE INDEX commits_unchained ON commits (first_seq) WHERE NOT is_chained`.execute(db);
  await sql`
    CREATE FUNCTION date_commit() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM pg_advisory_xact_lock_shared(epoch_lock());
      NEW.committed_at := clock_timestamp();
      NEW.epoch := (SELECT number FROM epochs WHERE state = 'open' AND NEW.committed_at >= starts_at AND NEW.committed_at < ends_at);
      IF NEW.epoch IS NULL THEN
        RAISE EXCEPTION 'no epoch is open at %', NEW.committed_at USING ERRCODE = 'FL004';
      END IF;
      RETURN NEW;
    END $$`.execute(db);
  await sql`
    CREATE TRIGGER commits_date BEFORE INSERT ON commits
      FOR EACH ROW EXECUTE FUNCTION date_commit()`.execute(db);
  await sql`
    CREATE TRIGGER commits_keep BEFORE DELETE OR TRUNCATE ON commits
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`.execute(db);
}

async function createTransferTable(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TYPE transfer_kind AS ENUM
      ('genesis', 'grant', 'hold', 'settlement', 'fee', 'void', 'expire', 'custody', 'deposit', 'claim',
       'payout', 'payout_posted', 'payout_voided', 'stake', 'unstake', 'release', 'vest', 'collect',
       'emission', 'staking_reward', 'fee_share', 'clawback', 'slash', 'compensate')`.execute(db);
  await sql`CREATE TYPE transfer_phase AS ENUM ('single', 'pending', 'post', 'void', 'expire')`.execute(db);
  await sql`
    CREATE TABLE transfers (
      seq          bigint PRIMARY KEY,
      -- Made from kind and business id, so that a repeated operation meets itself.
      id           text COLLATE "C" NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 200),
      kind         transfer_kind NOT NULL,
      phase        transfer_phase NOT NULL,
      debit_id     bigint NOT NULL,
      credit_id    bigint NOT NULL,
      amount       bigint NOT NULL CHECK (amount > 0),
      -- Amount of the transfer "fee:<business id>" that is linked to this one, if there is one.
      fee          bigint CHECK (fee > 0),
      -- The job, grant, deposit, … that caused it.
      business_id  text COLLATE "C" NOT NULL,
      -- First transfer of the linked set that this one belongs to, all or nothing; null for the first itself.
      linked_id    text COLLATE "C",
      pending_id   text COLLATE "C",
      -- Of something pending: it is not posted from then on. Of an unstake: it is released from then on.
      timeout_at   timestamptz,
      -- SHA-256 (16 bytes) of the request, to tell a repetition from another request under the same id.
      request_hash bytea,
      created_at   timestamptz NOT NULL,
      CONSTRAINT transfers_fee CHECK (fee IS NULL OR kind = 'settlement'),
      CONSTRAINT transfers_two_accounts CHECK (debit_id <> credit_id),
      CONSTRAINT transfers_resolve CHECK ((phase IN ('post', 'void', 'expire')) = (pending_id IS NOT NULL)),
      CONSTRAINT transfers_timeout CHECK (timeout_at IS NULL OR phase = 'pending' OR kind = 'unstake')
    )`.execute(db);
  await sql`
    CREATE UNIQUE INDEX transfers_resolve_once ON transfers (pending_id)
      WHERE pending_id IS NOT NULL`.execute(db);
  await sql`CREATE INDEX transfers_debit ON transfers (debit_id, seq)`.execute(db);
  // What arrives on chain in one transaction is one deposit or was put into custody, never both.
  await sql`
    CREATE UNIQUE INDEX transfers_arrive_once ON transfers (business_id)
      WHERE kind IN ('custody', 'deposit')`.execute(db);
  // Nothing pending is ever credited, so holds need no entry on that side.
  await sql`CREATE INDEX transfers_credit ON transfers (credit_id, seq) WHERE phase IN ('single', 'post')`.execute(
    db,
  );
}

/** `row_seq` is the number of the row that a transfer is stored in; to be read by ranges of it, or by \`= ANY\`. */
async function createAllTransfers(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE VIEW all_transfers AS
      SELECT t.seq AS row_seq, one.seq, one.id, one.kind, one.phase, t.debit_id, one.credit_id, one.amount, t.business_id,
             one.linked_id, one.pending_id, one.timeout_at, one.request_hash, t.created_at
        FROM transfers t
       CROSS JOIN LATERAL (
         SELECT t.seq, t.id, t.kind, t.phase, t.credit_id, t.amount, t.linked_id, t.pending_id, t.timeout_at, t.request_hash
          UNION ALL
         SELECT t.seq + 1, 'fee:' || t.business_id, 'fee', 'single', (SELECT id FROM accounts WHERE code = 'pool:fees'),
                t.fee, t.id, NULL, NULL, NULL
          WHERE t.fee IS NOT NULL) one`.execute(db);
}

/** What is pending and not resolved: written by the functions of apply-transfers.ts alone. */
async function createOpenHolds(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE open_holds (
      id         text COLLATE "C" PRIMARY KEY,
      debit_id   bigint NOT NULL,
      credit_id  bigint NOT NULL,
      amount     bigint NOT NULL,
      timeout_at timestamptz
    ) WITH (autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_scale_factor = 0)`.execute(db);
  await sql`CREATE INDEX open_holds_timeout ON open_holds (timeout_at)`.execute(db);
  // What is reserved of an account for payouts can be looked up: the rest of what is pending there is held by running
  // jobs. Only holds of jobs have a timeout, so that making and ending them never touches this index.
  await sql`CREATE INDEX open_holds_reserved ON open_holds (debit_id) WHERE timeout_at IS NULL`.execute(db);
  await sql`
    CREATE TRIGGER open_holds_guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON open_holds
      FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION refuse_change()`.execute(db);
}

/**
 * What each commit has changed of folded accounts, until it is folded: written and taken away by the functions of
 * apply-transfers.ts alone. And the view of every account's balance.
 */
async function createBalances(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE unfolded_changes (
      first_seq     bigint NOT NULL,
      account_id    bigint NOT NULL,
      posted_debit  bigint NOT NULL CHECK (posted_debit >= 0),
      posted_credit bigint NOT NULL CHECK (posted_credit >= 0),
      PRIMARY KEY (first_seq, account_id)
    ) WITH (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0)`.execute(db);
  await sql`
    CREATE TRIGGER unfolded_changes_guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON unfolded_changes
      FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION refuse_change()`.execute(db);
  await sql`
    CREATE VIEW balances AS
      SELECT a.id, a.code, a.kind, a.is_folded, a.may_be_negative, a.pending_debit, a.pending_credit,
             a.posted_debit + coalesce(u.debit, 0) AS posted_debit,
             a.posted_credit + coalesce(u.credit, 0) AS posted_credit
        FROM accounts a
       CROSS JOIN LATERAL (
         SELECT sum(posted_debit)::bigint AS debit, sum(posted_credit)::bigint AS credit
           FROM unfolded_changes WHERE a.is_folded AND account_id = a.id) u`.execute(db);
}
