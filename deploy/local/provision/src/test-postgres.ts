import { execFile } from "node:child_process";
import { access, chown, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { CACHE_DIRECTORY } from "./cache-directory.js";
import { freePort } from "./free-port.js";
import { type RunningPostgres, startPostgres, withClient } from "./postgres.js";
import { postgresHome } from "./postgres-home.js";
import { serverUser } from "./server-user.js";
import { type TestCertificate, writeCertificate } from "./test-certificates.js";
import { createTestDirectory, type TestDirectory } from "./test-directory.js";

const run = promisify(execFile);

export interface TestPostgresOptions {
  /** Lets clients speak TLS; they still may speak in the clear. Default: they must. */
  readonly certificate?: TestCertificate;
}

/** A PostgreSQL server for one test file, in a temporary directory. */
export interface TestPostgres {
  /** Of an empty database. */
  readonly url: string;
  /** Of the current server: another one after `restart`. */
  readonly pid: number;
  /**
   * A new database, ready in some 20 ms, and its URL: empty, or a copy of the database that `templateUrl` names (for
   * example a migrated one), to which nobody may be connected.
   */
  createDatabase(templateUrl?: string): Promise<string>;
  /** Sends the signal and waits until the server is gone (`SIGSTOP` and `SIGCONT`: returns at once). */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** A new server on the same port and data; ends the old one first if it still runs. */
  restart(): Promise<void>;
  /** Ends it, whatever clients are connected, and removes its data. */
  stop(): Promise<void>;
}

/**
 * What is committed survives the death of any process also without fsync, and no test cuts the power. Checkpoints
 * and copies of databases become several times faster.
 */
const SETTINGS = { fsync: "off", full_page_writes: "off", shared_buffers: "32MB", max_connections: "60" };

/** Changes when the binaries or the options of initdb do. */
const TEMPLATE_NAME = "postgres-template-18.4-1";

/**
 * Starts a real PostgreSQL 18 on a free port: call in `beforeAll`, `stop` in `afterAll`. It ends when the test process
 * dies, also when that is killed. The first start on a machine runs `initdb` and keeps its result in the cache; later
 * ones copy that.
 */
export async function startTestPostgres(options: TestPostgresOptions = {}): Promise<TestPostgres> {
  const directory = await createTestDirectory();
  await copyTemplate(directory);
  const tls = options.certificate === undefined ? {} : await tlsSettings(directory, options.certificate);
  const settings = {
    dataDir: directory.path,
    port: await freePort(),
    database: "test",
    settings: { ...SETTINGS, ...tls },
  };
  let server: RunningPostgres = await startPostgres(settings);
  const { url } = server;
  let databases = 0;
  return {
    url,
    get pid() {
      return server.pid;
    },
    async createDatabase(templateUrl) {
      const name = `test_${++databases}`;
      const template = templateUrl === undefined ? "template0" : new URL(templateUrl).pathname.slice(1);
      // Copying files takes a tenth of the time of the default, which writes every page to the log as well.
      const statement = `CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy`;
      await withClient(url, (client) => client.query(statement));
      return Object.assign(new URL(url), { pathname: `/${name}` }).href;
    },
    async kill(signal) {
      server.kill(signal);
      if (signal !== "SIGSTOP" && signal !== "SIGCONT") await server.exited;
    },
    async restart() {
      await server.stop();
      server = await startPostgres(settings);
    },
    async stop() {
      server.kill("SIGCONT"); // A stopped process would not hear anything else.
      await server.stop();
      await directory.remove();
    },
  };
}

/** PostgreSQL takes no key that anybody else but its user, or root, could have read. */
async function tlsSettings(directory: TestDirectory, certificate: TestCertificate) {
  const { certFile, keyFile } = await writeCertificate(directory.path, certificate);
  const user = await serverUser();
  if (user !== undefined) await chown(keyFile, user.uid, user.gid);
  return { ssl: "on", ssl_cert_file: certFile, ssl_key_file: keyFile };
}

/** Puts a fresh cluster into `directory`, made first if the cache has none. */
async function copyTemplate(directory: TestDirectory): Promise<void> {
  const template = join(CACHE_DIRECTORY, TEMPLATE_NAME);
  const isCached = await access(template).then(
    () => true,
    () => false,
  );
  if (!isCached) await makeTemplate(template);
  await run("cp", ["-a", template, join(directory.path, "postgres")]);
}

/** Moved into place as one step: concurrent test processes may make it twice, never see half of it. */
async function makeTemplate(template: string): Promise<void> {
  const source = await createTestDirectory();
  const server = await startPostgres({
    dataDir: source.path,
    port: await freePort(),
    database: "test",
    settings: SETTINGS,
  });
  await server.stop();
  const home = await postgresHome(source.path, await serverUser());
  await rm(join(home, "postgresql"), { recursive: true, force: true });
  await mkdir(CACHE_DIRECTORY, { recursive: true });
  const unfinished = await mkdtemp(`${template}-`);
  await run("cp", ["-a", home, join(unfinished, "postgres")]);
  // ENOTEMPTY: another process was first.
  await rename(join(unfinished, "postgres"), template).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
  });
  await rm(unfinished, { recursive: true, force: true });
  await source.remove();
}
