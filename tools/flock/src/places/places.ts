/*
 * Which network, which key and which wallet a command works with. A flag counts more than a variable, a variable more
 * than the context, the context more than the local mesh.
 *
 * A key that belongs to a context or to the local mesh is shown to that network alone: whoever names another API by a
 * flag or a variable has to name the key, too.
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { FlockError } from "@flock/errors";
import type { Call } from "../command.js";
import { contextNamed, readContexts } from "./contexts.js";
import { findLocalFacts, type LocalFacts, nowhere } from "./local-mesh.js";

/** A value, and where it is from. */
export interface Place {
  readonly value: string;
  readonly from: string;
}

export interface Places {
  readonly context: Place | undefined;
  readonly apiUrl: Place | undefined;
  /** An API key itself, or the file that it is in. */
  readonly key: (Place & { readonly isFile: boolean }) | undefined;
  readonly wallet: Place | undefined;
  readonly local: LocalFacts | undefined;
}

type Asked = Pick<Call, "options" | "surroundings">;

export async function placesOf({ options, surroundings: { environment } }: Asked): Promise<Places> {
  const known = await readContexts(environment);
  const context =
    placed(options.context, "--context") ??
    placed(environment["FLOCK_CONTEXT"], "FLOCK_CONTEXT") ??
    placed(known.current, "flock context use");
  const own = context === undefined ? {} : contextNamed(known, context.value);
  const ofContext = `context ${context?.value}`;
  const local = await findLocalFacts(options.dataDir);
  const ofLocal = `${options.dataDir}/local.json`;
  const apiUrl =
    placed(options.apiUrl, "--api-url") ??
    placed(environment["FLOCK_API_URL"], "FLOCK_API_URL") ??
    placed(own.apiUrl, ofContext) ??
    placed(local?.apiUrl, ofLocal);
  const wallet =
    placed(options.wallet, "--wallet") ??
    placed(environment["FLOCK_WALLET"], "FLOCK_WALLET") ??
    placed(own.wallet, ofContext) ??
    placed(local?.demoWalletFile, ofLocal);
  const named = (place: Place | undefined, isFile: boolean) => place && { ...place, isFile };
  const key =
    named(placed(options.keyFile, "--key-file"), true) ??
    named(placed(environment["FLOCK_API_KEY"], "FLOCK_API_KEY"), false) ??
    (apiUrl?.from === ofContext ? named(placed(own.keyFile, ofContext), true) : undefined) ??
    (apiUrl?.from === ofLocal ? named(placed(local?.apiKey, ofLocal), false) : undefined);
  return { context, apiUrl, key, wallet, local };
}

/** What is empty was not said. */
function placed(value: string | undefined, from: string): Place | undefined {
  return value === undefined || value === "" ? undefined : { value, from };
}

/** @throws FlockError `failed_precondition` that names the ways to say it */
export async function apiUrlOf(asked: Asked): Promise<string> {
  const { apiUrl } = await placesOf(asked);
  if (apiUrl === undefined)
    throw nowhere(asked.options.dataDir, "--api-url or FLOCK_API_URL, or flock context set");
  return apiUrl.value;
}

const KEY_BYTES_MAX = 500;

/** The API key to be shown; undefined: none at all. */
export async function apiKeyOf({ key }: Places): Promise<string | undefined> {
  if (key === undefined) return undefined;
  if (!key.isFile) return key.value;
  const file = resolve(key.value);
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new FlockError("not_found", `there is no key file ${file} (from ${key.from})`, { cause });
  });
  const value = text.trim();
  if (value === "" || value.length > KEY_BYTES_MAX || /\s/.test(value))
    throw new FlockError("failed_precondition", `${file} (from ${key.from}) does not hold an API key`);
  return value;
}
