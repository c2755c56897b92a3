import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { FlockError } from "@flock/errors";
import { z } from "zod";

/** What commands need of the `local.json` that a local mesh keeps in its data directory. */
const localFacts = z.object({
  natsUrl: z.string().min(1).optional(),
  /** Absent where NATS has no accounts. */
  natsCredentialsFile: z.string().min(1).optional(),
  apiUrl: z.string().min(1).optional(),
  /** Of the local chain; absent where none runs. */
  solanaRpcUrl: z.string().optional(),
  mint: z.string().optional(),
  treasuryAddress: z.string().optional(),
  demoWalletFile: z.string().optional(),
});

export type LocalFacts = z.output<typeof localFacts>;

/** The facts of the mesh that runs on a data directory; undefined when none does. */
export async function findLocalFacts(dataDir: string): Promise<LocalFacts | undefined> {
  const file = join(resolve(dataDir), "local.json");
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return localFacts.parse(JSON.parse(text));
  } catch (cause) {
    throw new FlockError("failed_precondition", `${file} cannot be read`, { cause });
  }
}

/**
 * An address that a command needs: the option, else the environment, else what the local mesh says.
 * @throws FlockError `failed_precondition` that names the ways to give it.
 */
export async function addressOf(
  dataDir: string,
  given: string | undefined,
  fact: keyof LocalFacts,
  ways: string,
): Promise<string> {
  if (given !== undefined && given !== "") return given;
  const found = (await findLocalFacts(dataDir))?.[fact];
  if (found !== undefined && found !== "") return found;
  throw new FlockError(
    "failed_precondition",
    `no mesh runs on ${resolve(dataDir)}: start one with "npm start", or name one with ${ways}`,
  );
}
