import { existsSync } from "node:fs";
import { mkdtemp, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "./free-port.js";
import { type RunningPostgres, startPostgres, withClient } from "./postgres.js";
import { removePostgresHome } from "./postgres-home.js";
import { createTestDirectory, type TestDirectory } from "./testing.js";

/** One cluster, so that `initdb` runs once; the tests continue with what the ones before them left. */
describe("startPostgres", () => {
  let directory: TestDirectory;
  const running: RunningPostgres[] = [];
  beforeAll(async () => {
    directory = await createTestDirectory();
  });
  afterAll(async () => {
    await Promise.all(running.map((server) => server.stop()));
    await directory.remove();
  });

  async function start(dataDir = directory.path): Promise<RunningPostgres> {
    const server = await startPostgres({ dataDir, port: await freePort() });
    running.push(server);
    return server;
  }

  it("continues with its data and its password on the next start", async () => {
    const first = await start();
    await withClient(first.url, (client) => client.query("CREATE TABLE kept AS SELECT 7 AS n"));
    await first.stop();
    const second = await start();
    expect(new URL(second.url).password).toBe(new URL(first.url).password);
    const { rows } = await withClient(second.url, (client) => client.query("SELECT n FROM kept"));
    expect(rows).toEqual([{ n: 7 }]);
  }, 60_000);

  it("ends a server that was left running on the same cluster before it starts its own", async () => {
    const left = running[running.length - 1];
    const next = await start();
    expect(next.pid).not.toBe(left?.pid);
    expect(await left?.exited).toEqual({ code: 0, signal: null });
  }, 30_000);

  it("is not kept from starting by a lock file whose process id belongs to something else", async () => {
    const previous = running[running.length - 1];
    previous?.kill("SIGKILL");
    await previous?.exited;
    const lockFile = join(directory.path, "postgres/data/postmaster.pid");
    const lock = (await readFile(lockFile, "utf8")).split("\n");
    await writeFile(lockFile, [process.pid, ...lock.slice(1)].join("\n"));
    await start();
  }, 30_000);

  it("keeps fsync on and listens on nothing but 127.0.0.1", async () => {
    const server = running[running.length - 1];
    const { rows } = await withClient(server?.url ?? "", (client) =>
      client.query(
        "SELECT current_setting('fsync') AS fsync, current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets",
      ),
    );
    expect(rows).toEqual([{ fsync: "on", addresses: "127.0.0.1", sockets: "" }]);
  });

  it("says what the server said when it cannot start", async () => {
    const taken = running[running.length - 1]?.port ?? 0;
    const other = await createTestDirectory();
    await expect(startPostgres({ dataDir: other.path, port: taken })).rejects.toThrow(
      /Address already in use/,
    );
    await other.remove();
  }, 30_000);

  it("keeps its password from other users", async () => {
    const { mode } = await stat(join(directory.path, "postgres/password"));
    expect(mode & 0o077).toBe(0);
  });

  const asRoot = process.getuid?.() === 0 ? it : it.skip;
  asRoot(
    "finds a place outside a data directory that its own user cannot reach",
    async () => {
      // mkdtemp makes it 0700, as `mktemp -d` does: a clone in there is closed to everybody but root.
      const closed = join(await mkdtemp(join(directory.path, "closed-")), "data");
      const server = await start(closed);
      const outside = (await readFile(join(closed, "postgres-location"), "utf8")).trim();
      expect(existsSync(join(outside, "data/PG_VERSION"))).toBe(true);
      await server.stop();
      const again = await start(closed);
      expect(new URL(again.url).password).toBe(new URL(server.url).password);
      await again.stop();
      await removePostgresHome(closed);
      expect(existsSync(outside)).toBe(false);
    },
    60_000,
  );
});
