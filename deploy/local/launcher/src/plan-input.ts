import { join } from "node:path";
import { dataPaths } from "./data-dir.js";
import type { Endpoints } from "./endpoints.js";
import type { LocalAccess } from "./local-access.js";
import { LogFile } from "./log-file.js";
import type { LauncherOptions } from "./options.js";
import type { Ports } from "./ports.js";
import type { ProcessRegistry } from "./process-registry.js";

/** What the parts of one mesh are made from. */
export interface PlanInput {
  readonly options: LauncherOptions;
  readonly ports: Ports;
  /** Filled in by the parts as they become ready. */
  readonly endpoints: Endpoints;
  readonly registry: ProcessRegistry;
  /** The accounts of the NATS that is started here; undefined: an own one is used. */
  readonly access: LocalAccess | undefined;
  /** Whether an own Ollama stands in for the embedded engine. */
  readonly hasOllama: boolean;
  /** Whether the local chain and the treasury run. */
  readonly hasChain: boolean;
}

/** Where a part's output goes. */
export function logOf(options: LauncherOptions, name: string): LogFile {
  return new LogFile(join(dataPaths(options.dataDir).logs, `${name}.log`));
}

/** The URL, and what completes it if it is the user's own. */
export function databaseVariables({ options, endpoints }: PlanInput): Readonly<Record<string, string>> {
  return { ...options.shell.databaseVariables, DATABASE_URL: endpoints.databaseUrl };
}
