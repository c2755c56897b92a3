import { type Kysely, sql } from "kysely";

/**
 * Accounts, and the rules that the database itself keeps about them.
 *
 * Balance of an account = posted_credit − posted_debit; what it may spend = that − pending_debit.
 * There are two sorts of account (see `account_kinds`):
 * - *kept*: wallets, earnings, vested earnings, stakes and what is in cooldown. Their row always holds the exact
 *   balance, and the CHECK keeps it from going below zero, holds included.
 * - *folded*: pools, suspense, escrow, the outside world, the supply root. They are hot (every job pays a fee), so a
 *   transfer does not touch their row: the row is a checkpoint, and the balance is that plus what the commits not yet
 *   folded into it have changed (see transfers.ts).
 * Balances are columns of the trigger functions alone: nobody can update or delete an account.
 */
export async function createAccounts(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE account_kinds (
      kind            text PRIMARY KEY,
      is_folded       boolean NOT NULL,
      may_be_negative boolean NOT NULL
    )`.execute(db);
  await sql`
    INSERT INTO account_kinds (kind, is_folded, may_be_negative) VALUES
      ('wallet', false, false), ('earnings', false, false), ('vested', false, false),
      ('stake', false, false), ('cooling', false, false),
      ('pool', true, false), ('suspense', true, false), ('escrow', true, false),
      ('external', true, true), ('supply', true, true)`.execute(db);
  // An owner is checked by a domain, and a code made by a trigger, when an account is opened. A column's own rule would
  // be checked, and how it is generated looked up, with every balance: a sixth of what a settlement costs the database.
  await sql`CREATE DOMAIN account_owner AS text COLLATE "C" CHECK (VALUE ~ '^[A-Za-z0-9_-]{1,128}$')`.execute(
    db,
  );
  await sql`
    CREATE TABLE accounts (
      id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      kind            text NOT NULL REFERENCES account_kinds,
      owner           account_owner NOT NULL,
      code            text COLLATE "C" NOT NULL UNIQUE,
      is_folded       boolean NOT NULL,
      may_be_negative boolean NOT NULL,
      posted_debit    bigint NOT NULL CHECK (posted_debit >= 0),
      posted_credit   bigint NOT NULL CHECK (posted_credit >= 0),
      pending_debit   bigint NOT NULL CHECK (pending_debit >= 0),
      pending_credit  bigint NOT NULL CHECK (pending_credit >= 0),
      opened_at       timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT accounts_not_negative CHECK (may_be_negative OR posted_credit - posted_debit - pending_debit >= 0)
    ) WITH (fillfactor = 70)`.execute(db);
  await sql`CREATE INDEX accounts_folded ON accounts (id) WHERE is_folded`.execute(db);
  await sql`
    CREATE FUNCTION open_account() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      SELECT NEW.kind || ':' || NEW.owner, k.is_folded, k.may_be_negative, 0, 0, 0, 0
        INTO NEW.code, NEW.is_folded, NEW.may_be_negative,
             NEW.posted_debit, NEW.posted_credit, NEW.pending_debit, NEW.pending_credit
        FROM account_kinds k WHERE k.kind = NEW.kind;
      RETURN NEW;
    END $$`.execute(db);
  await sql`
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME USING ERRCODE = 'FL000';
    END $$`.execute(db);
  await sql`
    CREATE TRIGGER accounts_open BEFORE INSERT ON accounts
      FOR EACH ROW EXECUTE FUNCTION open_account()`.execute(db);
  // Depth 0 is a statement of a client; the functions that apply and fold transfers run inside a trigger. (For each
  // statement: before a trigger for each row, Postgres locks the row once more.)
  await sql`
    CREATE TRIGGER accounts_guard BEFORE UPDATE ON accounts
      FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION refuse_change()`.execute(db);
  await sql`
    CREATE TRIGGER accounts_keep BEFORE DELETE OR TRUNCATE ON accounts
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`.execute(db);
}
