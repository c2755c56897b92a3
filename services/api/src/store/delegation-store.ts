import type { Database } from "@flock/database";
import type { Clock } from "@flock/mesh";
import { sql, type Transaction } from "kysely";
import type { ChallengeStore } from "./challenge-store.js";
import { holdAccount } from "./hold-account.js";
import type { ApiSchema } from "./schema.js";
import { translated } from "./translated.js";

/** That a wallet lets a key work in its name, with the proof. */
export interface KeptDelegation {
  readonly key: string;
  readonly wallet: string;
  readonly payout: string;
  /** What the wallet has signed. */
  readonly text: string;
  readonly signature: Uint8Array;
  readonly expiresAt: Date;
}

/** That a wallet lets keys work in its name, however many. */
export interface WalletDelegations {
  readonly wallet: string;
  readonly endsAt: Date;
}

/** Of a wallet, so that nobody fills the table: a further one ends the oldest, whose worker has to delegate anew. */
const DELEGATIONS_MAX = 1_000;
/** Receipts are told for a day after their jobs, and with them why their signers could sign. */
const KEPT_AFTER_END_MS = 2 * 86_400_000;
const SWEPT_PER_DELEGATION = 10;

class KeyIsTaken extends Error {}

/**
 * Delegations in Postgres, so that any api process knows them. A key is of one wallet: what it signs can be followed to
 * nobody else. Throws FlockErrors, `unavailable` if the database is away.
 */
export class DelegationStore {
  readonly #db: Database<ApiSchema>;

  constructor(
    db: Database<ApiSchema>,
    private readonly challenges: Pick<ChallengeStore, "use">,
    private readonly clock: Clock,
  ) {
    this.#db = db;
  }

  /**
   * Keeps a delegation, and uses up its challenge. The very same one again is no error, whatever became of the
   * challenge. A wallet may replace what it delegated to the same key.
   * @returns `"challenge"`: that was not given to this wallet, has lapsed or was used; `"taken"`: the key is another
   *   wallet's, and the challenge stays good
   */
  async keep(delegation: KeptDelegation, challenge: string): Promise<"kept" | "challenge" | "taken"> {
    const { key, wallet, payout, text, signature, expiresAt } = delegation;
    const now = new Date(this.clock.unixMs());
    const kept = async (dbTx: Transaction<ApiSchema>) => {
      // One at a time of a wallet: whoever repeats a request that is under way finds its delegation afterwards.
      await holdAccount(dbTx, wallet);
      if ((await textOf(dbTx, key)) === text) return "kept";
      if (!(await this.challenges.use(challenge, wallet, dbTx))) return "challenge";
      const { rows } = await sql`
        INSERT INTO delegations (key, wallet, payout, text, signature, kept_at, expires_at)
        VALUES (${key}, ${wallet}, ${payout}, ${text}, ${Buffer.from(signature)}, ${now}, ${expiresAt})
        ON CONFLICT (key) DO UPDATE SET payout = excluded.payout, text = excluded.text,
          signature = excluded.signature, kept_at = excluded.kept_at, expires_at = excluded.expires_at
        WHERE delegations.wallet = excluded.wallet RETURNING key`.execute(dbTx);
      if (rows.length === 0) throw new KeyIsTaken();
      await sweep(dbTx, delegation, now);
      return "kept";
    };
    return translated(async () => {
      try {
        return await this.#db.kysely.transaction().execute(kept);
      } catch (thrown) {
        if (thrown instanceof KeyIsTaken) return "taken";
        throw thrown;
      }
    });
  }

  /**
   * Wallets that have delegated in the account's name or have it paid, and when the last of those delegations lapses;
   * those that lapse last, at most `walletsMax`, in the order of their addresses.
   */
  async ofAccount(account: string, now: Date, walletsMax: number): Promise<WalletDelegations[]> {
    const { rows } = await translated(() =>
      sql<WalletDelegations>`
        SELECT * FROM (
          SELECT wallet, max(expires_at) AS "endsAt" FROM delegations
           WHERE (payout = ${account} OR wallet = ${account}) AND expires_at > ${now}
           GROUP BY wallet ORDER BY 2 DESC, 1 LIMIT ${walletsMax}
        ) AS latest ORDER BY wallet`.execute(this.#db.kysely),
    );
    return rows;
  }

  /** The delegation of a key, also one that has lapsed lately; undefined: there is none. */
  find(key: string): Promise<KeptDelegation | undefined> {
    return translated(() =>
      this.#db.kysely
        .selectFrom("delegations")
        .select(["key", "wallet", "payout", "text", "signature", "expires_at as expiresAt"])
        .where("key", "=", key)
        .executeTakeFirst(),
    );
  }
}

async function textOf(dbTx: Transaction<ApiSchema>, key: string): Promise<string | undefined> {
  const found = await dbTx.selectFrom("delegations").select("text").where("key", "=", key).executeTakeFirst();
  return found?.text;
}

/** Takes away what has ended, and what of this wallet is too many. */
async function sweep(
  dbTx: Transaction<ApiSchema>,
  { key, wallet }: KeptDelegation,
  now: Date,
): Promise<void> {
  const longOver = new Date(now.getTime() - KEPT_AFTER_END_MS);
  await sql`
    DELETE FROM delegations WHERE key IN
      (SELECT key FROM delegations WHERE wallet = ${wallet} AND key <> ${key}
        ORDER BY kept_at DESC OFFSET ${DELEGATIONS_MAX - 1})
    OR key IN (SELECT key FROM delegations WHERE expires_at <= ${longOver} AND key <> ${key}
      LIMIT ${SWEPT_PER_DELEGATION} FOR UPDATE SKIP LOCKED)`.execute(dbTx);
}
