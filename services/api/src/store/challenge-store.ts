import { hash } from "node:crypto";
import type { Database } from "@flock/database";
import type { Clock } from "@flock/mesh";
import { type Kysely, sql } from "kysely";
import type { ApiSchema } from "./schema.js";
import { translated } from "./translated.js";

/** Old challenges that each new one takes away with it, so that the table stays as large as five minutes' traffic. */
const SWEPT_PER_CHALLENGE = 10;

/** What a challenge is for: one that was given out for the one is worth nothing for the other. */
export type ChallengePurpose = "sign-in" | "enrolment";

/**
 * Texts that wallets were asked to sign, or to put into what they sign, in Postgres, so that any api process may take
 * what another one gave out. A text is known by its hash: what comes back must be the very same. It lapses by the clock
 * that its own times are read from, not by the database's. Throws FlockErrors, `unavailable` if the database is away.
 */
export class ChallengeStore {
  readonly #db: Database<ApiSchema>;

  constructor(
    db: Database<ApiSchema>,
    private readonly purpose: ChallengePurpose,
    private readonly clock: Clock,
  ) {
    this.#db = db;
  }

  /** Remembers a text that `address` may sign before `expiresAt`. */
  async add(text: string, address: string, expiresAt: Date): Promise<void> {
    await translated(() =>
      sql`
        WITH swept AS (
          DELETE FROM challenges WHERE hash IN
            (SELECT hash FROM challenges WHERE expires_at <= ${this.#now} LIMIT ${SWEPT_PER_CHALLENGE} FOR UPDATE SKIP LOCKED)
        )
        INSERT INTO challenges (hash, address, expires_at)
        VALUES (${this.#hashOf(text)}, ${address}, ${expiresAt})`.execute(this.#db.kysely),
    );
  }

  /** Who was asked to sign the text; undefined if nobody was, it has lapsed, or was used. */
  async addressOf(text: string): Promise<string | undefined> {
    const found = await translated(() =>
      this.#db.kysely
        .selectFrom("challenges")
        .select("address")
        .where("hash", "=", this.#hashOf(text))
        .where("expires_at", ">", this.#now)
        .executeTakeFirst(),
    );
    return found?.address;
  }

  /**
   * Uses the text up. False if it was used before, by whoever was quicker, has lapsed, or is another address's.
   * @param db The transaction that it is a part of; default: none.
   */
  async use(text: string, address: string, db: Kysely<ApiSchema> = this.#db.kysely): Promise<boolean> {
    const { rows } = await translated(() =>
      sql<{ address: string }>`
        DELETE FROM challenges
        WHERE hash = ${this.#hashOf(text)} AND address = ${address} AND expires_at > ${this.#now}
        RETURNING address`.execute(db),
    );
    return rows.length === 1;
  }

  get #now(): Date {
    return new Date(this.clock.unixMs());
  }

  #hashOf(text: string): Buffer {
    return hash("sha256", `${this.purpose}\n${text}`, "buffer");
  }
}
