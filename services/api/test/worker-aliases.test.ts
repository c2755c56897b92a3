import { type Database, migrateToLatest, openDatabase } from "@flock/database";
import { createLogger } from "@flock/observability";
import { startTestPostgres, type TestPostgres } from "@flock/provision/testing";
import { migrations } from "../src/migrations/index.js";
import type { ApiSchema } from "../src/store/schema.js";
import { SecretStore } from "../src/store/secret-store.js";
import { WorkerAliases } from "../src/workers/worker-alias.js";

const PROCESSES = 8;

describe("the secret behind the aliases of workers", () => {
  let postgres: TestPostgres;
  let url: string;
  const opened: Database<ApiSchema>[] = [];

  beforeAll(async () => {
    postgres = await startTestPostgres();
    url = await postgres.createDatabase();
    await migrateToLatest(open(), migrations);
  }, 60_000);
  afterAll(async () => {
    await Promise.all(opened.map((database) => database.close()));
    await postgres?.stop();
  });

  function open(): Database<ApiSchema> {
    const logger = createLogger("test", "silent");
    const database = openDatabase<ApiSchema>({ url, applicationName: "test", schema: "api", logger });
    opened.push(database);
    return database;
  }

  it("is made once, also if many api processes start at the same time, and survives them", async () => {
    const stores = Array.from({ length: PROCESSES }, () => new SecretStore(open()));
    const loaded = await Promise.all(stores.map((store) => WorkerAliases.load(store)));
    const later = await WorkerAliases.load(new SecretStore(open()));
    const names = [...loaded, later].map((aliases) => aliases.aliasOf("alice", "worker-1"));
    expect(new Set(names).size).toBe(1);
    expect(names).toHaveLength(PROCESSES + 1);
  });

  it("is another one for another purpose, of 32 bytes", async () => {
    const [ours, another] = [
      await new SecretStore(open()).secret("one"),
      await new SecretStore(open()).secret("two"),
    ];
    expect(ours).toHaveLength(32);
    expect(another).not.toEqual(ours);
  });
});
