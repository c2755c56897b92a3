/**
 * `npm run schema`: writes each service's schema.sql, what its migrations make of an empty database, for reviewers to
 * see what a migration does to the whole. To be committed with the migration.
 */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "./environment.mjs";
import { setup } from "./setup.mjs";
import { runScript } from "./step.mjs";

const built = (path) => import(pathToFileURL(join(ROOT, path)).href);

await runScript(async () => {
  await setup({ needsNats: false });
  const { MIGRATION_TABLES, migrateToLatest, openDatabase } = await built("packages/database/dist/index.js");
  const { dumpSchema } = await built("packages/database/dist/testing.js");
  const { createLogger } = await built("observability/dist/index.js");
  const { startTestPostgres } = await built("deploy/local/provision/dist/testing.js");
  const postgres = await startTestPostgres();
  try {
    for (const service of readdirSync(join(ROOT, "services"))) {
      const list = `services/${service}/dist/migrations/index.js`;
      if (!existsSync(join(ROOT, list))) continue;
      const { migrations } = await built(list);
      const url = await postgres.createDatabase();
      const logger = createLogger("schema", "warn");
      const db = openDatabase({ url, applicationName: "schema", schema: service, logger });
      await migrateToLatest(db, migrations);
      await db.close();
      const file = `services/${service}/schema.sql`;
      writeFileSync(join(ROOT, file), await dumpSchema(url, service, { without: MIGRATION_TABLES }));
      process.stdout.write(`${file}\n`);
    }
  } finally {
    await postgres.stop();
  }
});
