import { readFileSync } from "node:fs";
import { join } from "node:path";
import { dumpSchema } from "@flock/database/testing";
import { startTestPostgres, type TestPostgres } from "@flock/provision/testing";
import pg from "pg";
import { migratedSchema, ROOT, SERVICES } from "./schemas.js";

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
}, 60_000);
afterAll(() => postgres.stop());

/** PostgreSQL names some columns of a view when it is told them for the second time. */
const withoutNames = (text: string): string => text.replaceAll(/ AS \w+(?=,?$)/gm, "");

describe.each(SERVICES)("services/%s/schema.sql", (service) => {
  const file = readFileSync(join(ROOT, "services", service, "schema.sql"), "utf8");

  it("is what the migrations make (npm run schema writes it)", async () => {
    expect(await migratedSchema(service, await postgres.createDatabase())).toBe(file);
  });

  it("makes the same schema by itself, on a database without any of ours", async () => {
    const url = await postgres.createDatabase();
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(file);
    await client.end();
    expect(withoutNames(await dumpSchema(url, service))).toBe(withoutNames(file));
  });
});
