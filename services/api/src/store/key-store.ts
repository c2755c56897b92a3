import { randomUUID } from "node:crypto";
import type { Database } from "@flock/database";
import { FlockError } from "@flock/errors";
import { type Selectable, sql, type Transaction } from "kysely";
import type { KeyIdentity } from "../identity.js";
import { API_KEYS, hashSecret } from "../keys/bearer-secret.js";
import { isScope, type KeyRights } from "../keys/key-rights.js";
import { holdAccount } from "./hold-account.js";
import type { ApiSchema } from "./schema.js";
import { translated } from "./translated.js";

/** Postgres channel on which the id of a key that was just revoked or changed is told to every api process. */
export const REVOCATION_CHANNEL = "flock_api_key_revoked";

/** Characters of a key's label. */
export const LABEL_LENGTH_MAX = 100;
const LISTED_MAX = 1_000;

/** A key as its owner may see it. */
export interface StoredKey {
  readonly keyId: string;
  readonly accountId: string;
  readonly label: string;
  readonly rights: KeyRights;
  readonly createdUnixMs: number;
  /** Undefined: not revoked. */
  readonly revokedUnixMs: number | undefined;
  /** How it begins; undefined: it is older than the keeping of that. */
  readonly prefix: string | undefined;
  /** Within a minute or so; undefined: not since that is kept. */
  readonly lastUsedUnixMs: number | undefined;
}

export interface NewKey {
  readonly accountId: string;
  readonly label: string;
  readonly rights: KeyRights;
}

/** What of a key can change; what is absent stays. */
export interface KeyChange {
  readonly label?: string | undefined;
  /** Null: it does not expire. */
  readonly expiresUnixMs?: number | null | undefined;
}

/** API keys in Postgres. Everything it throws is a FlockError, `unavailable` if the database is away. */
export class KeyStore {
  readonly #db: Database<ApiSchema>;

  constructor(db: Database<ApiSchema>) {
    this.#db = db;
  }

  /**
   * Makes a key of the account, and the account if it does not exist yet. This is the only time that the key is seen.
   * @throws FlockError `failed_precondition` if the account has `liveMax` keys that are not revoked.
   */
  async create(
    { accountId, label, rights }: NewKey,
    liveMax = Number.POSITIVE_INFINITY,
  ): Promise<{ keyId: string; apiKey: string }> {
    const keyId = randomUUID();
    const apiKey = API_KEYS.create();
    await translated(() =>
      this.#db.kysely.transaction().execute(async (dbTx) => {
        await holdAccount(dbTx, accountId);
        if ((await countLive(dbTx, accountId)) >= liveMax)
          throw new FlockError(
            "failed_precondition",
            `an account has at most ${liveMax} keys: revoke one first`,
          );
        await dbTx
          .insertInto("keys")
          .values({
            id: keyId,
            account_id: accountId,
            hash: hashSecret(apiKey),
            prefix: API_KEYS.shownPart(apiKey),
            label,
            ...rowOf(rights),
          })
          .execute();
      }),
    );
    return { keyId, apiKey };
  }

  /** Whose key has this hash; undefined if nobody's, or revoked. One that has expired is still somebody's. */
  async find(hash: Buffer): Promise<KeyIdentity | undefined> {
    const row = await translated(() =>
      this.#db.kysely
        .selectFrom("keys")
        .select(["id", "account_id", ...RIGHTS_COLUMNS])
        .where("hash", "=", hash)
        .where("revoked_at", "is", null)
        .executeTakeFirst(),
    );
    return row && { keyId: row.id, accountId: row.account_id, rights: rightsOf(row) };
  }

  /** The key of that account; undefined if it has none of this id. */
  async ofAccount(keyId: string, accountId: string): Promise<StoredKey | undefined> {
    const row = await translated(() =>
      this.#db.kysely
        .selectFrom("keys")
        .select(COLUMNS)
        .where("id", "=", keyId)
        .where("account_id", "=", accountId)
        .executeTakeFirst(),
    );
    return row && storedKey(row);
  }

  /** Changes the key (of that account, if one is named) and tells every api process. False if there is no such key. */
  async change(keyId: string, { label, expiresUnixMs }: KeyChange, accountId?: string): Promise<boolean> {
    const end = expiresUnixMs ?? null;
    const { rows } = await translated(() =>
      sql<{ known: boolean }>`
        WITH changed AS (
          UPDATE keys SET label = coalesce(${label ?? null}, label),
                 expires_at = CASE WHEN ${expiresUnixMs === undefined} THEN expires_at
                                   ELSE ${end === null ? null : new Date(end)}::timestamptz END
           WHERE id = ${keyId} AND account_id = coalesce(${accountId ?? null}, account_id) RETURNING id
        )
        SELECT pg_notify(${REVOCATION_CHANNEL}, id::text) IS NOT NULL AS known FROM changed`.execute(
        this.#db.kysely,
      ),
    );
    return rows.length > 0;
  }

  /**
   * Revokes the key (of that account, if one is named) and tells every api process in the same transaction. False if
   * there is no such key; again is no error.
   */
  async revoke(keyId: string, accountId?: string): Promise<boolean> {
    const { rows } = await translated(() =>
      sql<{ known: boolean }>`
        WITH revoked AS (
          UPDATE keys SET revoked_at = coalesce(revoked_at, now()) 
           WHERE id = ${keyId} AND account_id = coalesce(${accountId ?? null}, account_id) RETURNING id
        )
        SELECT pg_notify(${REVOCATION_CHANNEL}, id::text) IS NOT NULL AS known FROM revoked`.execute(
        this.#db.kysely,
      ),
    );
    return rows.length > 0;
  }

  /** Notes when keys were used last. Ids that are no key's are passed over. */
  async used(uses: ReadonlyMap<string, number>): Promise<void> {
    const times = [...uses.values()].map((unixMs) => new Date(unixMs));
    // In one order, so that no two processes wait for each other's keys.
    await translated(() =>
      sql`
        WITH used AS (
          SELECT keys.id, use.at FROM unnest(${[...uses.keys()]}::uuid[], ${times}::timestamptz[]) AS use (id, at)
            JOIN keys USING (id) ORDER BY keys.id FOR NO KEY UPDATE OF keys
        )
        UPDATE keys SET last_used_at = greatest(last_used_at, used.at) FROM used WHERE keys.id = used.id`.execute(
        this.#db.kysely,
      ),
    );
  }

  /** The account's keys: first all that work, then revoked ones, at most 1 000 in total; each sort oldest first. */
  async list(accountId: string): Promise<StoredKey[]> {
    const rows = await translated(() =>
      this.#db.kysely
        .selectFrom("keys")
        .select(COLUMNS)
        .where("account_id", "=", accountId)
        .orderBy(sql`revoked_at IS NOT NULL`)
        .orderBy("created_at")
        .orderBy("id")
        .limit(LISTED_MAX)
        .execute(),
    );
    return rows.map(storedKey);
  }
}

const RIGHTS_COLUMNS = [
  "scopes",
  "models",
  "expires_at",
  "budget_day_micro",
  "budget_month_micro",
  "requests_per_minute",
  "tokens_per_minute",
  "streams_max",
] as const;

const COLUMNS = [
  "id",
  "account_id",
  "label",
  "created_at",
  "revoked_at",
  "prefix",
  "last_used_at",
  ...RIGHTS_COLUMNS,
] as const;

type RightsRow = Pick<Selectable<ApiSchema["keys"]>, (typeof RIGHTS_COLUMNS)[number]>;

function storedKey(row: Pick<Selectable<ApiSchema["keys"]>, (typeof COLUMNS)[number]>): StoredKey {
  return {
    keyId: row.id,
    accountId: row.account_id,
    label: row.label,
    rights: rightsOf(row),
    createdUnixMs: row.created_at.getTime(),
    revokedUnixMs: row.revoked_at?.getTime(),
    prefix: row.prefix ?? undefined,
    lastUsedUnixMs: row.last_used_at?.getTime(),
  };
}

function rightsOf(row: RightsRow): KeyRights {
  return {
    scopes: row.scopes.filter(isScope),
    models: row.models ?? undefined,
    expiresUnixMs: row.expires_at?.getTime(),
    limits: {
      budgetDayMicro: row.budget_day_micro ?? undefined,
      budgetMonthMicro: row.budget_month_micro ?? undefined,
      requestsPerMinute: row.requests_per_minute ?? undefined,
      tokensPerMinute: row.tokens_per_minute === null ? undefined : Number(row.tokens_per_minute),
      streamsMax: row.streams_max ?? undefined,
    },
  };
}

function rowOf({ scopes, models, expiresUnixMs, limits }: KeyRights): RightsRow {
  return {
    scopes: [...scopes],
    models: models === undefined ? null : [...models],
    expires_at: expiresUnixMs === undefined ? null : new Date(expiresUnixMs),
    budget_day_micro: limits.budgetDayMicro ?? null,
    budget_month_micro: limits.budgetMonthMicro ?? null,
    requests_per_minute: limits.requestsPerMinute ?? null,
    tokens_per_minute: limits.tokensPerMinute === undefined ? null : BigInt(limits.tokensPerMinute),
    streams_max: limits.streamsMax ?? null,
  };
}

async function countLive(dbTx: Transaction<ApiSchema>, accountId: string): Promise<number> {
  const { rows } = await sql<{ live: number }>`
    SELECT count(*)::int AS live FROM keys WHERE account_id = ${accountId} AND revoked_at IS NULL`.execute(
    dbTx,
  );
  return rows[0]?.live ?? 0;
}
