import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, chown, mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { FlockError } from "@flock/errors";
import { foreignEnvironment } from "./child-environment.js";
import type { RunAs } from "./foreign-process.js";
import { copyForOthers } from "./postgres-binaries.js";
import { temporaryDirectory } from "./temporary-directory.js";

const run = promisify(execFile);

/** The one role, a superuser: nothing but this project's services uses the server. */
export const POSTGRES_ROLE = "flock";

/** A cluster's files and the password of its role. */
export interface PostgresCluster {
  /** PostgreSQL's data directory. */
  readonly dataDirectory: string;
  readonly password: string;
}

/**
 * Opens the cluster in `home`, created with `initdb` when there is none: UTF-8, and the built-in `C.UTF-8` collation,
 * which sorts the same on every platform and version. It is made beside its place and moved in as one step, so an
 * interrupted first start leaves nothing that looks like a cluster.
 *
 * The server listens on TCP at 127.0.0.1 rather than on a socket: the path of a socket may not exceed about 100 bytes,
 * and every client library takes the same URL. To keep other users of the machine out, it asks for a random
 * password (SCRAM), kept in a file that only the owner may read.
 * @param binaries directory that holds PostgreSQL's `bin`.
 */
export async function openCluster(
  home: string,
  binaries: string,
  user: RunAs | undefined,
): Promise<PostgresCluster> {
  const dataDirectory = join(home, "data");
  if (await isCluster(dataDirectory)) {
    return { dataDirectory, password: (await readFile(join(home, "password"), "utf8")).trim() };
  }
  const password = randomBytes(18).toString("base64url");
  const passwordFile = join(home, "password");
  const unfinished = join(home, "data-unfinished");
  await rm(unfinished, { recursive: true, force: true });
  await rm(passwordFile, { force: true });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user !== undefined) await chown(passwordFile, user.uid, user.gid);
  await initialise(binaries, unfinished, passwordFile, user);
  await rename(unfinished, dataDirectory);
  return { dataDirectory, password };
}

/** Whether the directory holds a finished cluster. */
export async function isCluster(dataDirectory: string): Promise<boolean> {
  return stat(join(dataDirectory, "PG_VERSION")).then(
    () => true,
    () => false,
  );
}

async function initialise(
  binaries: string,
  dataDirectory: string,
  passwordFile: string,
  user: RunAs | undefined,
): Promise<void> {
  const args = [
    ...["-D", dataDirectory, "-U", POSTGRES_ROLE, "--pwfile", passwordFile, "--auth=scram-sha-256"],
    ...["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
    // Nothing is lost if the machine dies now: the next start finds no cluster and makes one.
    ...["--no-sync", "--no-instructions"],
  ];
  try {
    await withQuotablePath(binaries, user, (path) =>
      run(join(path, "bin/initdb"), args, { cwd: "/", env: foreignEnvironment(), ...user }),
    );
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new FlockError("unavailable", `initdb failed for ${dataDirectory}: ${stderr || message}`, {
      cause: error,
    });
  }
}

/** initdb puts its own path between double quotes into a command for a shell, to which these still mean something. */
const UNQUOTABLE = /["$`\\]/;

/** Runs `work` on the binaries, or on a copy that it can call where their path is one that initdb cannot. */
async function withQuotablePath<T>(
  binaries: string,
  user: RunAs | undefined,
  work: (binaries: string) => Promise<T>,
): Promise<T> {
  if (!UNQUOTABLE.test(binaries)) return work(binaries);
  const parent = await temporaryDirectory(user, (path) => !UNQUOTABLE.test(path));
  const directory = await mkdtemp(join(parent, "flock-initdb-"));
  try {
    await chmod(directory, 0o755);
    return await work(await copyForOthers(binaries, join(directory, "postgresql")));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
