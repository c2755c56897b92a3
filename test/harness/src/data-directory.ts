import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { dumpSchema } from "@flock/database/testing";
import { freePort, startPostgres } from "@flock/provision";
import pg from "pg";

const run = promisify(execFile);

/** As SQL: the files of a PostgreSQL cluster are tens of megabytes, nearly all of them its own catalogs. */
const DATABASE = "database.sql";
/** All else that lasts, as it lies there. */
const FILES = "files.tar.gz";
const KEPT = [
  ".flock-data",
  "access",
  "nats",
  "chain",
  "treasury",
  "wallets",
  "workers",
  "demo-account.json",
];
/** What each start writes anew, and the chain machine's state, which a start makes again from the journal. */
const LEFT_OUT = ["nats/nats.conf", "chain/snapshot", "chain/snapshot.new"].map(
  (path) => `--exclude=${path}`,
);

/**
 * Packs the data directory of a mesh that does not run into two small files in `folder`, to open it with later versions
 * ({@link unpackDataDirectory}). The schemas in it are those of the version that packs.
 */
export async function packDataDirectory(dataDir: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await withDatabase(dataDir, async (url) => {
    const schemas = await query(
      url,
      "SELECT schemaname AS name FROM pg_tables WHERE tablename = 'migrations' ORDER BY 1",
    );
    const dumps: string[] = [];
    for (const { name } of schemas) dumps.push(await dumpSchema(url, name));
    await writeFile(join(folder, DATABASE), dumps.join("\n"));
  });
  await run("tar", ["-czf", join(folder, FILES), "-C", dataDir, ...LEFT_OUT, ...KEPT]);
}

/** Makes the empty directory `dataDir` what {@link packDataDirectory} found: to the next launcher it is an old one. */
export async function unpackDataDirectory(folder: string, dataDir: string): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await run("tar", ["-xzf", join(folder, FILES), "-C", dataDir]);
  await withDatabase(dataDir, async (url) => {
    await query(url, await readFile(join(folder, DATABASE), "utf8"));
  });
}

async function withDatabase(dataDir: string, work: (url: string) => Promise<void>): Promise<void> {
  const server = await startPostgres({ dataDir, port: await freePort() });
  try {
    await work(server.url);
  } finally {
    await server.stop();
  }
}

async function query(url: string, text: string): Promise<{ name: string }[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<{ name: string }>(text)).rows;
  } finally {
    await client.end();
  }
}
