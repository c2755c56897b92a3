import { createLogger } from "@flock/observability";
import { startTestPostgres, type TestPostgres } from "@flock/provision/testing";
import { type Kysely, type Migration, sql } from "kysely";
import { type Database, openDatabase } from "./database.js";
import { migrateToLatest } from "./migrate.js";

let postgres: TestPostgres;
const opened: Database<unknown>[] = [];

const open = (url: string): Database<unknown> => {
  const logger = createLogger("migrate-test", "silent");
  const db = openDatabase<unknown>({ url, applicationName: "migrate-test", schema: "things", logger });
  opened.push(db);
  return db;
};
const statement = (text: string): Migration => ({
  up: async (db: Kysely<unknown>) => void (await sql.raw(text).execute(db)),
});
const FIRST = statement("CREATE TABLE first (id int)");
const SECOND = statement("CREATE TABLE second (id int)");

beforeAll(async () => {
  postgres = await startTestPostgres();
}, 60_000);

afterEach(async () => {
  for (const db of opened.splice(0)) await db.close();
});

afterAll(() => postgres.stop());

describe("migrateToLatest", () => {
  it("creates the schema, runs migrations in the order of their names, and only once", async () => {
    const db = open(await postgres.createDatabase());
    expect(await migrateToLatest(db, { "0002-second": SECOND, "0001-first": FIRST })).toEqual([
      "0001-first",
      "0002-second",
    ]);
    expect(await migrateToLatest(db, { "0001-first": FIRST, "0002-second": SECOND })).toEqual([]);
    const { rows } = await db.pool.query(
      "SELECT schemaname || '.' || tablename AS name FROM pg_tables WHERE tablename = 'first'",
    );
    expect(rows).toEqual([{ name: "things.first" }]);
  });

  it("started by six processes at once, is done by one", async () => {
    const url = await postgres.createDatabase();
    const runs = await Promise.all(
      Array.from({ length: 6 }, () =>
        migrateToLatest(open(url), { "0001-first": FIRST, "0002-second": SECOND }),
      ),
    );
    expect(runs.flat()).toEqual(["0001-first", "0002-second"]);
  });

  it("keeps nothing of a run that fails midway, and names the culprit", async () => {
    const db = open(await postgres.createDatabase());
    const broken = statement("CREATE TABLE third (id nonsense)");
    await expect(migrateToLatest(db, { "0001-first": FIRST, "0002-broken": broken })).rejects.toThrow(
      "0002-broken",
    );
    expect(await migrateToLatest(db, { "0001-first": FIRST })).toEqual(["0001-first"]);
  });

  it("refuses a migration that was slipped in before ones already run", async () => {
    const db = open(await postgres.createDatabase());
    await migrateToLatest(db, { "0002-second": SECOND });
    await expect(migrateToLatest(db, { "0001-first": FIRST, "0002-second": SECOND })).rejects.toMatchObject({
      code: "failed_precondition",
      message: expect.stringContaining("0001-first of schema things comes before one that has run already"),
    });
  });

  it.each([
    ["none of this version's", { "0000-draft": FIRST }],
    ["more than this version has, none of them known", { "0000-a": FIRST, "0000-b": SECOND }],
    ["the first of this version's, and one that is not known", { "0001-first": FIRST, "0001-x": SECOND }],
  ])("refuses what was made before schemas were frozen, and says what to do: %s", async (_, earlier) => {
    const db = open(await postgres.createDatabase());
    await migrateToLatest(db, earlier);
    const third = statement("CREATE TABLE third (id int)");
    const now = { "0001-first": FIRST, "0002-second": SECOND, "0003-third": third };
    await expect(migrateToLatest(db, now)).rejects.toMatchObject({
      code: "failed_precondition",
      retry: "never",
      message: expect.stringMatching(/schema things .* earlier version .* npm start -- --fresh/),
    });
    const { rows } = await db.pool.query("SELECT to_regclass('things.third') AS found");
    expect(rows).toEqual([{ found: null }]);
  });

  it("refuses what a newer version has made, by the name of what it does not know", async () => {
    const db = open(await postgres.createDatabase());
    await migrateToLatest(db, { "0001-first": FIRST, "0002-second": SECOND });
    await expect(migrateToLatest(db, { "0001-first": FIRST })).rejects.toMatchObject({
      code: "failed_precondition",
      message: expect.stringMatching(/newer version .* 0002-second/),
    });
  });
});
