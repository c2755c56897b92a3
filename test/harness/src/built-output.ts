import { existsSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY_ROOT } from "@flock/provision";

const PROGRAMS = [
  "deploy/local/launcher",
  "deploy/local/engine",
  "services/api",
  "services/router",
  "services/ledger",
  "services/worker",
  "services/bridge",
] as const;

/** Meshes run from built output, also in tests. @throws Error that says what to do if it is missing. */
export function requireBuiltOutput(): void {
  const missing = PROGRAMS.filter((folder) => !existsSync(join(REPOSITORY_ROOT, folder, "dist/main.js")));
  if (missing.length === 0) return;
  throw new Error(`not built: ${missing.join(", ")}. Run "npm run build" first ("npm test" does so itself).`);
}
