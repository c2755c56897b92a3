import { type Kysely, sql } from "kysely";

/**
 * What happens to stakes, made from the transfers by a trigger that runs after the balances were changed.
 *
 * `cooldowns`: each unstaked amount until it is released. A slash takes from what is released next, first. So the open
 * rows of an account always add up to its balance, and a release gives back exactly what is left of its own row.
 *
 * `stake_lows`: the smallest balance that a stake had in each epoch in which it changed, and its last one. What a stake
 * earns is measured by the smallest: LLAMA that was staked for a moment earns nothing.
 *
 * Refusals: FL005 a release before its time, or of another amount than is left.
 */
export async function createStakes(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE cooldowns (
      -- Of the unstake transfer.
      id         text COLLATE "C" PRIMARY KEY,
      cooling_id bigint NOT NULL,
      remaining  bigint NOT NULL CHECK (remaining > 0),
      release_at timestamptz NOT NULL
    )`.execute(db);
  await sql`CREATE INDEX cooldowns_release ON cooldowns (release_at)`.execute(db);
  await sql`CREATE INDEX cooldowns_account ON cooldowns (cooling_id, release_at)`.execute(db);
  await sql`
    CREATE TABLE stake_lows (
      account_id bigint NOT NULL,
      epoch      bigint NOT NULL,
      low        bigint NOT NULL CHECK (low >= 0),
      latest     bigint NOT NULL CHECK (latest >= low),
      PRIMARY KEY (account_id, epoch)
    )`.execute(db);
  for (const table of ["cooldowns", "stake_lows"]) {
    await sql`
      CREATE TRIGGER ${sql.raw(table)}_guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON ${sql.table(table)}
        FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION refuse_change()`.execute(db);
  }
  await createCooldowns(db);
  await createStakeLows(db);
}

async function createCooldowns(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE FUNCTION slash_cooldowns(slashed_id bigint, slashed bigint) RETURNS void
      LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    DECLARE
      cooldown cooldowns%ROWTYPE;
      taken    bigint;
    BEGIN
      FOR cooldown IN SELECT * FROM cooldowns WHERE cooling_id = slashed_id ORDER BY release_at, id LOOP
        taken := least(cooldown.remaining, slashed);
        slashed := slashed - taken;
        IF taken = cooldown.remaining THEN
          DELETE FROM cooldowns WHERE id = cooldown.id;
        ELSE
          UPDATE cooldowns SET remaining = remaining - taken WHERE id = cooldown.id;
        END IF;
        EXIT WHEN slashed = 0;
      END LOOP;
    END $$`.execute(db);
  await sql`
    CREATE FUNCTION apply_cooldowns() RETURNS trigger
      LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    DECLARE
      moved    record;
    BEGIN
      IF NOT EXISTS (SELECT FROM inserted WHERE kind IN ('unstake', 'release', 'slash')) THEN
        RETURN NULL;
      END IF;
      -- In their order: what one commit unstakes it may slash and release as well.
      FOR moved IN
        SELECT t.id, t.kind, t.debit_id, t.credit_id, t.amount, t.timeout_at, t.business_id
          FROM inserted t JOIN accounts a ON a.id = t.debit_id
         WHERE t.kind IN ('unstake', 'release') OR (t.kind = 'slash' AND a.kind = 'cooling') ORDER BY t.seq
      LOOP
        CASE moved.kind
          WHEN 'unstake' THEN
            INSERT INTO cooldowns VALUES (moved.id, moved.credit_id, moved.amount, moved.timeout_at);
          WHEN 'slash' THEN
            PERFORM slash_cooldowns(moved.debit_id, moved.amount);
          ELSE
            DELETE FROM cooldowns
             WHERE id = 'unstake:' || moved.business_id AND cooling_id = moved.debit_id
               AND remaining = moved.amount AND release_at <= now();
            IF NOT FOUND THEN
              RAISE EXCEPTION 'the unstake % is not to be released', moved.business_id USING ERRCODE = 'FL005';
            END IF;
        END CASE;
      END LOOP;
      RETURN NULL;
    END $$`.execute(db);
  // Triggers run in the order of their names: after transfers_apply, which locks the accounts.
  await sql`
    CREATE TRIGGER transfers_cooldowns AFTER INSERT ON transfers
      REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION apply_cooldowns()`.execute(db);
}

async function createStakeLows(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE FUNCTION note_stakes() RETURNS trigger
      LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    BEGIN
      IF NOT EXISTS (SELECT FROM inserted WHERE kind IN ('stake', 'unstake', 'slash', 'staking_reward')) THEN
        RETURN NULL;
      END IF;
      INSERT INTO stake_lows (account_id, epoch, low, latest)
        SELECT a.id, e.number, least(a.posted_credit - a.posted_debit - m.change, a.posted_credit - a.posted_debit),
               a.posted_credit - a.posted_debit
          FROM (SELECT v.account_id, sum(v.change)::bigint AS change
                  FROM inserted t
                 CROSS JOIN LATERAL (VALUES (t.debit_id, -t.amount), (t.credit_id, t.amount)) v (account_id, change)
                 WHERE t.kind IN ('stake', 'unstake', 'slash', 'staking_reward')
                 GROUP BY v.account_id) m
          JOIN accounts a ON a.id = m.account_id AND a.kind = 'stake'
         CROSS JOIN epochs e WHERE e.state = 'open'
        ON CONFLICT (account_id, epoch) DO UPDATE
          SET low = least(stake_lows.low, excluded.latest), latest = excluded.latest;
      RETURN NULL;
    END $$`.execute(db);
  await sql`
    CREATE TRIGGER transfers_stakes AFTER INSERT ON transfers
      REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION note_stakes()`.execute(db);
}
