import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FlockError } from "@flock/errors";
import { Fault } from "../faults/fault.js";
import { nearestTo } from "../faults/nearest.js";
import { userFolders } from "./user-folders.js";

/** A network that somebody has given a name. Files are absolute paths; no secret is in here. */
export interface Context {
  readonly apiUrl?: string;
  readonly keyFile?: string;
  readonly wallet?: string;
}

export interface Contexts {
  readonly current?: string;
  readonly contexts: Readonly<Record<string, Context>>;
}

const FIELDS = ["apiUrl", "keyFile", "wallet"] as const;

export function contextsFile(environment: NodeJS.ProcessEnv): string {
  return join(userFolders(environment).flockConfig, "contexts.json");
}

export async function readContexts(environment: NodeJS.ProcessEnv): Promise<Contexts> {
  const file = contextsFile(environment);
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return { contexts: {} };
  try {
    return contextsIn(JSON.parse(text));
  } catch (cause) {
    throw new FlockError("failed_precondition", `${file} cannot be read: correct it, or remove it`, {
      cause,
    });
  }
}

function contextsIn(value: unknown): Contexts {
  const { current, contexts } = recordOf(value);
  const named = Object.entries(recordOf(contexts)).map(([name, each]) => {
    const given = recordOf(each);
    const known = FIELDS.flatMap((field) =>
      typeof given[field] === "string" ? [[field, given[field]]] : [],
    );
    return [name, Object.fromEntries(known) as Context] as const;
  });
  return { contexts: Object.fromEntries(named), ...(typeof current === "string" ? { current } : {}) };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new TypeError("not an object");
  return { ...value };
}

/** Replaces the file as one step, for its owner's eyes. */
export async function writeContexts(environment: NodeJS.ProcessEnv, contexts: Contexts): Promise<string> {
  const file = contextsFile(environment);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}.new`;
  await writeFile(draft, `${JSON.stringify(contexts, undefined, 2)}\n`, { mode: 0o600 });
  await chmod(draft, 0o600);
  await rename(draft, file);
  return file;
}

/** @throws Fault `not_found` with the names that are near */
export function contextNamed({ contexts }: Contexts, name: string): Context {
  const found = Object.hasOwn(contexts, name) ? contexts[name] : undefined;
  if (found !== undefined) return found;
  throw new Fault("not_found", `there is no context '${name}'`, {
    nearest: nearestTo(name, Object.keys(contexts)),
    advice: "flock context list shows them, flock context set makes one",
  });
}
