import type { Database } from "@flock/database";
import type { Runtime } from "@flock/mesh";
import { sql } from "kysely";
import type { SessionIdentity } from "../identity.js";
import { hashSecret, SESSION_TOKENS } from "../keys/bearer-secret.js";
import { holdAccount } from "./hold-account.js";
import type { ApiSchema } from "./schema.js";
import { translated } from "./translated.js";

export interface NewSession {
  /** This is the only time that it is seen. */
  readonly token: string;
  readonly expiresAt: Date;
}

/** Sessions that an account may have at once; a further one ends the oldest. */
const SESSIONS_MAX = 20;
const SWEPT_PER_SESSION = 10;

/**
 * Sessions in Postgres. Each use is looked up: sessions look after accounts, the requests that count in milliseconds
 * come with API keys. So a session that was ended is over at once, everywhere. Throws FlockErrors, `unavailable` if the
 * database is away.
 */
export class SessionStore {
  readonly #db: Database<ApiSchema>;

  /** @param runtime Whose clock says when a session is over, and who names sessions. */
  constructor(
    db: Database<ApiSchema>,
    private readonly runtime: Pick<Runtime, "clock" | "newId">,
  ) {
    this.#db = db;
  }

  /** Begins a session of the account, and makes the account if it does not exist yet. */
  create(accountId: string, lifetimeMs: number): Promise<NewSession> {
    const token = SESSION_TOKENS.create();
    const expiresAt = new Date(this.runtime.clock.unixMs() + lifetimeMs);
    return translated(() =>
      this.#db.kysely.transaction().execute(async (dbTx) => {
        await holdAccount(dbTx, accountId);
        await sql`
          DELETE FROM sessions WHERE id IN
            (SELECT id FROM sessions WHERE account_id = ${accountId}
              ORDER BY created_at DESC OFFSET ${SESSIONS_MAX - 1})
          OR id IN (SELECT id FROM sessions WHERE expires_at <= ${this.#now} LIMIT ${SWEPT_PER_SESSION} FOR UPDATE SKIP LOCKED)
        `.execute(dbTx);
        await sql`
          INSERT INTO sessions (id, account_id, hash, expires_at)
          VALUES (${this.runtime.newId()}, ${accountId}, ${hashSecret(token)}, ${expiresAt})`.execute(dbTx);
        return { token, expiresAt };
      }),
    );
  }

  /** Whose session has this token; undefined if nobody's, or it is over. */
  find(token: string): Promise<SessionIdentity | undefined> {
    return translated(() =>
      this.#db.kysely
        .selectFrom("sessions")
        .select(["id as sessionId", "account_id as accountId"])
        .where("hash", "=", hashSecret(token))
        .where("expires_at", ">", this.#now)
        .executeTakeFirst(),
    );
  }

  /** Ends a session, or all of its account. Again is no error. */
  async end({ sessionId, accountId }: SessionIdentity, reach: "this" | "all"): Promise<void> {
    const all = this.#db.kysely.deleteFrom("sessions").where("account_id", "=", accountId);
    await translated(() => (reach === "all" ? all : all.where("id", "=", sessionId)).execute());
  }

  get #now(): Date {
    return new Date(this.runtime.clock.unixMs());
  }
}
