import { startTestPostgres, type TestPostgres } from "@flock/provision/testing";
import pg from "pg";
import { dumpSchema } from "./dump-schema.js";

const MADE = `
  CREATE SCHEMA things;
  SET search_path TO things;
  CREATE TYPE colour AS ENUM ('red', 'green', 'blue');
  CREATE DOMAIN label AS text COLLATE "C" CHECK (VALUE <> '');
  CREATE SEQUENCE tens AS bigint INCREMENT BY 10 START WITH 10;
  CREATE TABLE shelves (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name label NOT NULL UNIQUE, notes text);
  CREATE TABLE books (
    id bigint PRIMARY KEY DEFAULT nextval('tens'), shelf_id bigint REFERENCES shelves, colour colour NOT NULL,
    at timestamptz NOT NULL DEFAULT now(), cover bytea CHECK (octet_length(cover) = 2)) WITH (fillfactor = 70);
  CREATE INDEX books_blue ON books (shelf_id) WHERE colour = 'blue';
  CREATE VIEW blue AS SELECT id FROM books WHERE colour = 'blue';
  CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    BEGIN RAISE EXCEPTION 'no'; END $$;
  CREATE TRIGGER books_keep BEFORE DELETE ON books FOR EACH STATEMENT EXECUTE FUNCTION refuse();
  CREATE TRIGGER books_closed BEFORE UPDATE ON books FOR EACH ROW WHEN (OLD.id = 10) EXECUTE FUNCTION refuse();
  INSERT INTO shelves (name, notes) VALUES ('it''s', NULL), ('b', E'two\\nlines');
  INSERT INTO books (shelf_id, colour, at, cover) VALUES (1, 'red', '2026-01-01T00:00:00.000001Z', '\\x00ff');
  REVOKE UPDATE ON books FROM CURRENT_USER;
  COMMENT ON COLUMN books.at IS 'since when';`;

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
}, 60_000);
afterAll(() => postgres.stop());

async function databaseWith(statements: string): Promise<string> {
  const url = await postgres.createDatabase();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statements);
  await client.end();
  return url;
}

describe("a schema as SQL", () => {
  it("makes the same schema with the same rows when it is run", async () => {
    const text = await dumpSchema(await databaseWith(MADE), "things");
    for (const part of [
      "CREATE TYPE colour AS ENUM ('red', 'green', 'blue');",
      "id bigint GENERATED ALWAYS AS IDENTITY NOT NULL",
      `('2', 'b', 'two\nlines')`,
      `'2026-01-01 00:00:00.000001+00', E'\\\\x00ff')`,
      "SELECT setval('things.tens', 10);",
      "REVOKE UPDATE ON books FROM CURRENT_USER;",
      "COMMENT ON COLUMN things.books.at IS 'since when';",
    ]) {
      expect(text).toContain(part);
    }
    expect(await dumpSchema(await databaseWith(text), "things")).toBe(text);
  });

  it("is the same whatever order it was made in, and leaves out what it is told to", async () => {
    const one = "CREATE TABLE a (x int); INSERT INTO a VALUES (1), (2)";
    const other = "INSERT INTO a VALUES (2), (1)";
    const urls = await Promise.all(
      [
        `CREATE SCHEMA s; SET search_path TO s; ${one}; CREATE TABLE b (y int)`,
        `CREATE SCHEMA s; SET search_path TO s; CREATE TABLE b (y int); CREATE TABLE a (x int); ${other}`,
      ].map(databaseWith),
    );
    const [first, second] = await Promise.all(urls.map((url) => dumpSchema(url, "s")));
    expect(second).toBe(first);
    expect(await dumpSchema(urls[0] ?? "", "s", { without: ["b"] })).not.toContain("TABLE b");
  });
});
