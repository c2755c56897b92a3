import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { FlockError } from "@flock/errors";

const FACTS = [
  "natsUrl",
  /** Absent where NATS has no accounts. */
  "natsCredentialsFile",
  "apiUrl",
  /** Of the demo account. */
  "apiKey",
  "databaseUrl",
  "ollamaUrl",
  /** Of the local chain; absent where none runs. */
  "solanaRpcUrl",
  "mint",
  "treasuryAddress",
  "demoWalletFile",
] as const;

/** What commands need of the `local.json` that a local mesh keeps in its data directory. */
export type LocalFacts = { readonly [Fact in (typeof FACTS)[number]]?: string };

/** Read without a schema's library, which would take longer to load than completion may take in all. */
function factsIn(value: unknown): LocalFacts {
  if (typeof value !== "object" || value === null) throw new TypeError("not an object");
  const given = new Map<string, unknown>(Object.entries(value));
  const known = FACTS.flatMap((name) => {
    const fact = given.get(name);
    if (fact === undefined || fact === null) return [];
    if (typeof fact !== "string") throw new TypeError(`${name} is not a string`);
    return fact === "" ? [] : [[name, fact] as const];
  });
  return Object.fromEntries(known);
}

/** The facts of the mesh that runs on a data directory; undefined when none does. */
export async function findLocalFacts(dataDir: string): Promise<LocalFacts | undefined> {
  const file = join(resolve(dataDir), "local.json");
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return factsIn(JSON.parse(text));
  } catch (cause) {
    throw new FlockError("failed_precondition", `${file} cannot be read`, { cause });
  }
}

/** @returns what is thrown when nobody says where to look, with the ways to say it. */
export function nowhere(dataDir: string, ways: string): FlockError {
  return new FlockError(
    "failed_precondition",
    `no mesh runs on ${resolve(dataDir)}: start one with "flock up" (npm start), or name one with ${ways}`,
  );
}
