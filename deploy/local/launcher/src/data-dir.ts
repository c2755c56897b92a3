import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FlockError } from "@flock/errors";
import { removePostgresHome } from "@flock/provision";

/** Says that a directory is ours to write to and, with `--fresh`, to empty; and which format it has. */
const MARKER = ".flock-data";
/**
 * Of the directory: which files there are, and what is in those that have no version of their own. It is raised when an
 * earlier launcher could no longer open the files of this one. The change that raises it keeps all earlier formats
 * open.
 *
 * 2: NATS has accounts, and JetStream's files are those of CORE (see `local-access.ts`); before, they were nobody's.
 */
const FORMAT = 2;

/** Everything that the launcher and what it starts keep in a data directory, apart from PostgreSQL's files. */
const CONTENTS = [
  "nats",
  "access",
  "chain",
  "treasury",
  "wallets",
  "workers",
  "logs",
  "demo-account.json",
  "guest-key",
  "local.json",
  "processes.json",
  "ports.json",
];

/** Where things are in a data directory. */
export function dataPaths(dataDir: string) {
  return {
    nats: join(dataDir, "nats"),
    access: join(dataDir, "access"),
    accessTree: join(dataDir, "access", "tree.json"),
    meshKey: join(dataDir, "access", "mesh-key.json"),
    serviceCredentials: join(dataDir, "access", "services.creds"),
    workerIssuer: join(dataDir, "access", "worker-issuer.json"),
    logs: join(dataDir, "logs"),
    workerKey: (name: string) => join(dataDir, "workers", `${name}.json`),
    bridgeKey: join(dataDir, "workers", "bridge.json"),
    chain: join(dataDir, "chain"),
    mintKey: join(dataDir, "treasury", "mint.json"),
    treasuryKey: join(dataDir, "treasury", "treasury.json"),
    demoWallet: join(dataDir, "wallets", "demo.json"),
    demoAccount: join(dataDir, "demo-account.json"),
    guestKey: join(dataDir, "guest-key"),
    localState: join(dataDir, "local.json"),
    processes: join(dataDir, "processes.json"),
    ports: join(dataDir, "ports.json"),
    lock: join(dataDir, "launcher.lock"),
  };
}

/**
 * Makes the directory a data directory of ours, closed to other users.
 * @param isFresh whether it is about to be emptied: then it may be of an earlier format.
 * @throws FlockError `failed_precondition` for a directory that holds something and was not made by us, or not by a
 * version that this one can go on from: nothing in it is touched.
 */
export async function openDataDir(dataDir: string, isFresh = false): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const names = await readdir(dataDir);
  if (names.length === 0) await writeMarker(dataDir);
  else if (names.includes(MARKER)) {
    const format = await formatOf(dataDir);
    requireFormat(dataDir, format, isFresh);
    // Before any of its files is brought to the new format: the earlier launcher must not open half of it.
    if (format < FORMAT && format > 0) await writeMarker(dataDir);
  } else {
    throw new FlockError(
      "failed_precondition",
      `${dataDir} is not empty and is not a data directory of FlockOllamas. Choose another one with --data-dir.`,
    );
  }
  for (const name of ["chain", "treasury", "wallets", "workers", "logs"])
    await mkdir(join(dataDir, name), { recursive: true, mode: 0o700 });
}

/**
 * Removes what earlier runs left, by name: a file that somebody put there stays. Nothing may run on the directory.
 * @throws FlockError `failed_precondition` when the directory is not ours, or of a newer version.
 */
export async function emptyDataDir(dataDir: string): Promise<void> {
  const format = await formatOf(dataDir).catch((cause: unknown) => {
    throw new FlockError("failed_precondition", `${dataDir} is not a data directory of FlockOllamas`, {
      cause,
    });
  });
  requireFormat(dataDir, format, true);
  await removePostgresHome(dataDir);
  for (const name of CONTENTS) await rm(join(dataDir, name), { recursive: true, force: true });
  await writeMarker(dataDir);
  await openDataDir(dataDir);
}

/** 0: of a version from before formats were numbered. */
async function formatOf(dataDir: string): Promise<number> {
  const text = await readFile(join(dataDir, MARKER), "utf8");
  return Number(/^format: (\d{1,9})$/m.exec(text)?.[1] ?? 0);
}

function requireFormat(dataDir: string, format: number, isFresh: boolean): void {
  if (format > FORMAT) {
    throw new FlockError(
      "failed_precondition",
      `${dataDir} was made by a newer version of FlockOllamas (format ${format}, and this version knows ${FORMAT}). Run that version, or choose another directory with --data-dir.`,
    );
  }
  if (format < 1 && !isFresh) {
    throw new FlockError(
      "failed_precondition",
      `${dataDir} was made by an earlier version of FlockOllamas, from before its schema was frozen: it cannot be upgraded. To begin anew: npm start -- --fresh (its accounts, keys and balances are lost), or choose another directory with --data-dir.`,
    );
  }
}

/** As one step: a directory with a marker has a format. */
async function writeMarker(dataDir: string): Promise<void> {
  const draft = join(dataDir, `${MARKER}.new`);
  await writeFile(
    draft,
    `FlockOllamas keeps its data here. \`npm start -- --fresh\` empties it.\nformat: ${FORMAT}\n`,
  );
  await rename(draft, join(dataDir, MARKER));
}
