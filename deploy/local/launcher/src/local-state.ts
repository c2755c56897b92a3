import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { ChainEndpoints } from "./endpoints.js";
import type { Role } from "./running.js";

/**
 * What `<data-dir>/local.json` says while a mesh runs, so that any tool can find, drive and kill its parts. Holds
 * secrets (the API key, the database's password): only its owner may read the file.
 */
export interface LocalState extends Partial<ChainEndpoints> {
  readonly apiUrl: string;
  /** `host:port` of the API over gRPC, which is plain here. */
  readonly grpcAddress: string;
  /** `host:port` where workers of the original kind pull; absent: no bridge runs. */
  readonly bridgeAddress?: string;
  /** Of the demo account. */
  readonly apiKey: string;
  /** Name of a model that can be asked for; empty when no worker serves one. */
  readonly model: string;
  readonly natsUrl: string;
  /** What services and tools show to NATS; absent where it has no accounts. */
  readonly natsCredentialsFile?: string;
  readonly databaseUrl: string;
  /** The embedded engine, or the Ollama used in its place. */
  readonly ollamaUrl: string;
  readonly dataDir: string;
  /** Process ids by role; rewritten whenever one dies or is started again. */
  readonly pids: Readonly<Record<Role, readonly number[]>>;
  readonly launcherPid: number;
}

/** Keeps the file current from the moment the mesh is ready until it stops. */
export class LocalStateFile {
  readonly #file: string;
  #facts: Omit<LocalState, "pids"> | undefined;

  /** Removes what an earlier launcher, killed, has left. */
  constructor(file: string) {
    this.#file = file;
    rmSync(file, { force: true });
  }

  /** Writes the file for the first time. */
  publish(facts: Omit<LocalState, "pids">, pids: LocalState["pids"]): LocalState {
    this.#facts = facts;
    return this.#write({ ...facts, pids });
  }

  /** No effect before `publish` and after `remove`. */
  update(pids: LocalState["pids"]): void {
    if (this.#facts !== undefined) this.#write({ ...this.#facts, pids });
  }

  remove(): void {
    this.#facts = undefined;
    rmSync(this.#file, { force: true });
  }

  /** Replaces the file as one step: a reader sees the old state or the new one. */
  #write(state: LocalState): LocalState {
    const draft = `${this.#file}.new`;
    writeFileSync(draft, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
    renameSync(draft, this.#file);
    return state;
  }
}

/** The state of the mesh that runs on a data directory; undefined when none does. */
export function readLocalState(file: string): LocalState | undefined {
  try {
    // CAST: written by writeLocalState alone.
    return JSON.parse(readFileSync(file, "utf8")) as LocalState;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
