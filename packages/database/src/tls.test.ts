import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createLogger } from "@flock/observability";
import {
  createTestDirectory,
  startTestPostgres,
  TestAuthority,
  type TestDirectory,
  type TestPostgres,
} from "@flock/provision/testing";
import { openDatabase } from "./database.js";

const authority = new TestAuthority();
const logger = createLogger("database-test", "silent");

let directory: TestDirectory;
let caFile: string;
let strangerFile: string;
let postgres: TestPostgres;
let plain: TestPostgres;
beforeAll(async () => {
  directory = await createTestDirectory();
  [caFile, strangerFile] = [join(directory.path, "ca.pem"), join(directory.path, "stranger.pem")];
  await writeFile(caFile, authority.certificate);
  await writeFile(strangerFile, new TestAuthority().certificate);
  const certificate = authority.issue(["localhost"]);
  [postgres, plain] = await Promise.all([startTestPostgres({ certificate }), startTestPostgres()]);
}, 60_000);
afterAll(async () => {
  await Promise.all([postgres.stop(), plain.stop()]);
  await directory.remove();
});

/** The server's URL with other words about TLS, under a name that its certificate has, or another one. */
function urlWith(parameters: Record<string, string>, server = postgres, host = "localhost"): string {
  const url = new URL(server.url);
  url.search = new URLSearchParams(parameters).toString();
  url.host = `${host}:${url.port}`;
  return url.href;
}

/** What the server says of the connection. */
async function tlsOf(url: string): Promise<{ ssl: boolean; version: string | null }> {
  const db = openDatabase({ url, applicationName: "tls-test", schema: "public", logger });
  try {
    const { rows } = await db.pool.query("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    return rows[0];
  } finally {
    await db.close();
  }
}

describe("a connection to PostgreSQL", () => {
  it.each(["verify-full", "verify-ca", "require", "prefer"])(
    "with sslmode=%s is encrypted, and the server verified",
    async (sslmode) => {
      const { ssl, version } = await tlsOf(urlWith({ sslmode, sslrootcert: caFile }));
      expect([ssl, version]).toEqual([true, expect.stringMatching(/^TLSv1\.[23]$/)]);
      await expect(tlsOf(urlWith({ sslmode, sslrootcert: strangerFile }))).rejects.toThrow(/certificate/);
      await expect(tlsOf(urlWith({ sslmode }))).rejects.toThrow(/certificate/);
      const elsewhere = urlWith({ sslmode, sslrootcert: caFile }, postgres, "127.0.0.1");
      await expect(tlsOf(elsewhere)).rejects.toThrow(/altnames/);
      await expect(tlsOf(urlWith({ sslmode, sslrootcert: caFile }, plain))).rejects.toThrow(
        "does not support SSL",
      );
    },
  );

  it("is in the clear where the URL says so", async () => {
    expect(await tlsOf(urlWith({ sslmode: "disable" }))).toEqual({ ssl: false, version: null });
  });

  it.each<Record<string, string>>([
    { sslmode: "no-verify" },
    { ssl: "no-verify" },
    { sslmode: "require", uselibpqcompat: "true" },
    { sslmode: "prefer", uselibpqcompat: "true" },
  ])("that would be encrypted and not verified is refused before any server is asked: %j", async (words) => {
    await expect(tlsOf(urlWith(words))).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining("would not be verified"),
    });
  });

  it("by an authority whose name alone would be looked at is refused, too", async () => {
    const words = { sslmode: "verify-ca", uselibpqcompat: "true", sslrootcert: caFile };
    await expect(tlsOf(urlWith(words))).rejects.toThrow("would not be verified");
  });

  it("is refused where PGSSLMODE says that nobody is verified, for URLs that say nothing", async () => {
    Object.assign(process.env, { PGSSLMODE: "no-verify" });
    try {
      await expect(tlsOf(urlWith({}))).rejects.toThrow("would not be verified");
    } finally {
      Reflect.deleteProperty(process.env, "PGSSLMODE");
    }
  });

  it("with a file that is not there is refused by the file's name, and shows no password", async () => {
    const missing = join(directory.path, "missing.pem");
    const error = await tlsOf(urlWith({ sslmode: "verify-full", sslrootcert: missing })).catch(String);
    expect(error).toContain(`${missing}, which it names, cannot be read`);
    expect(error).not.toContain(new URL(postgres.url).password);
  });
});
