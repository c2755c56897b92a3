import { existsSync } from "node:fs";
import { dirname } from "node:path";
import pg from "pg";
import { identifyProcess } from "./process-identity.js";
import { startTestPostgres, type TestPostgres } from "./testing.js";

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

describe("startTestPostgres", () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startTestPostgres();
  }, 60_000);
  afterAll(() => server?.stop());

  it("gives each test a database of its own", async () => {
    const [first, second] = await Promise.all([server.createDatabase(), server.createDatabase()]);
    await query(first, "CREATE TABLE only_here (id int)");
    await expect(query(second, "SELECT * FROM only_here")).rejects.toThrow("does not exist");
  });

  it("copies a migrated database", async () => {
    const template = await server.createDatabase();
    await query(template, "CREATE TABLE facts AS SELECT 42 AS answer");
    expect(await query(await server.createDatabase(template), "SELECT * FROM facts")).toEqual([
      { answer: 42 },
    ]);
  });

  it("asks for the password", async () => {
    const stranger = new URL(server.url);
    stranger.password = "guess";
    await expect(query(stranger.href, "SELECT 1")).rejects.toThrow("password authentication failed");
  });

  it("keeps what was committed when it is killed and restarted", async () => {
    const url = await server.createDatabase();
    await query(url, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS id");
    const before = server.pid;
    await server.kill("SIGKILL");
    expect(await identifyProcess(before)).toBeUndefined();
    await server.restart();
    expect(server.pid).not.toBe(before);
    expect(await query(url, "SELECT count(*)::int AS count FROM kept")).toEqual([{ count: 1000 }]);
  }, 30_000);

  it("leaves neither a process nor a file when it stops", async () => {
    const other = await startTestPostgres();
    const [{ data_directory: directory }] = (await query(other.url, "SHOW data_directory")) as [
      { data_directory: string },
    ];
    expect(existsSync(directory)).toBe(true);
    await other.stop();
    expect(existsSync(dirname(directory))).toBe(false);
    expect(await identifyProcess(other.pid)).toBeUndefined();
  }, 30_000);
});
