import { randomBytes } from "node:crypto";
import type { Database } from "@flock/database";
import type { ApiSchema } from "./schema.js";
import { translated } from "./translated.js";

const SECRET_BYTES = 32;

/** Secrets that all api processes share, in Postgres. Throws FlockErrors, `unavailable` if the database is away. */
export class SecretStore {
  readonly #db: Database<ApiSchema>;

  constructor(db: Database<ApiSchema>) {
    this.#db = db;
  }

  /** The secret of that name. Whoever asks first makes it; all who ask at the same time are given the same one. */
  async secret(name: string): Promise<Buffer> {
    const { kysely } = this.#db;
    const value = randomBytes(SECRET_BYTES);
    await translated(() =>
      kysely
        .insertInto("secrets")
        .values({ name, value })
        .onConflict((conflict) => conflict.doNothing())
        .execute(),
    );
    const found = await translated(() =>
      kysely.selectFrom("secrets").select("value").where("name", "=", name).executeTakeFirstOrThrow(),
    );
    return found.value;
  }
}
