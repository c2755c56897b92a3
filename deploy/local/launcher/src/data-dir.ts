import { mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FlockError } from "@flock/errors";
import { removePostgresHome } from "@flock/provision";

/** Says that a directory is ours to write to and, with `--fresh`, to empty. */
const MARKER = ".flock-data";

/** Everything that the launcher and what it starts keep in a data directory, apart from PostgreSQL's files. */
const CONTENTS = [
  "nats",
  "chain",
  "treasury",
  "wallets",
  "workers",
  "logs",
  "demo-account.json",
  "local.json",
  "processes.json",
  "ports.json",
];

/** Where things are in a data directory. */
export function dataPaths(dataDir: string) {
  return {
    nats: join(dataDir, "nats"),
    logs: join(dataDir, "logs"),
    workerKey: (name: string) => join(dataDir, "workers", `${name}.json`),
    chain: join(dataDir, "chain"),
    mintKey: join(dataDir, "treasury", "mint.json"),
    treasuryKey: join(dataDir, "treasury", "treasury.json"),
    demoWallet: join(dataDir, "wallets", "demo.json"),
    demoAccount: join(dataDir, "demo-account.json"),
    localState: join(dataDir, "local.json"),
    processes: join(dataDir, "processes.json"),
    ports: join(dataDir, "ports.json"),
    lock: join(dataDir, "launcher.lock"),
  };
}

/**
 * Makes the directory a data directory of ours, closed to other users.
 * @throws FlockError `failed_precondition` for a directory that holds something and was not made by us: nothing in it
 * is touched.
 */
export async function openDataDir(dataDir: string): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const names = await readdir(dataDir);
  if (names.length > 0 && !names.includes(MARKER)) {
    throw new FlockError(
      "failed_precondition",
      `${dataDir} is not empty and is not a data directory of FlockOllamas. Choose another one with --data-dir.`,
    );
  }
  await writeFile(
    join(dataDir, MARKER),
    "FlockOllamas keeps its data here. `npm start -- --fresh` empties it.\n",
  );
  for (const name of ["chain", "treasury", "wallets", "workers", "logs"])
    await mkdir(join(dataDir, name), { recursive: true, mode: 0o700 });
}

/**
 * Removes what earlier runs left, by name: a file that somebody put there stays. Nothing may run on the directory.
 * @throws FlockError `failed_precondition` when the directory is not ours.
 */
export async function emptyDataDir(dataDir: string): Promise<void> {
  await stat(join(dataDir, MARKER)).catch((cause: unknown) => {
    throw new FlockError("failed_precondition", `${dataDir} is not a data directory of FlockOllamas`, {
      cause,
    });
  });
  await removePostgresHome(dataDir);
  for (const name of CONTENTS) await rm(join(dataDir, name), { recursive: true, force: true });
  await openDataDir(dataDir);
}
