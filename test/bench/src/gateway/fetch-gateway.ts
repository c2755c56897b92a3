import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { CACHE_DIRECTORY } from "@flock/provision";

const run = promisify(execFile);

const NAME = "@portkey-ai/gateway";
export const GATEWAY_VERSION = "1.15.2";
/** Of the package, as npm's registry tells it. */
const INTEGRITY = "OuwwQEJ0rnKQuPgaCqyMpP+X5Uly2h9EBDm5Lx/NYu9MXTzB/nKrKgjd8J3vPGeNpYoyxTzKSzTV2tGv8Dd+fg==";

/**
 * The gateway's program, from npm, in `.cache/`: what nobody but this figure needs is nobody's dependency. Its scripts
 * do not run.
 * @throws Error if the package is not the one that was looked at.
 */
export async function fetchGateway(): Promise<string> {
  const home = join(CACHE_DIRECTORY, `portkey-${GATEWAY_VERSION}`);
  const program = join(home, "node_modules", NAME, "build/start-server.js");
  if (await exists(program)) return program;
  const fresh = `${home}.${process.pid}`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  const { stdout } = await run("npm", ["pack", "--json", `${NAME}@${GATEWAY_VERSION}`], { cwd: fresh });
  const [packed] = JSON.parse(stdout) as { filename: string }[];
  const file = join(fresh, packed?.filename.replace("@", "").replace("/", "-") ?? "");
  const digest = createHash("sha512")
    .update(await readFile(file))
    .digest("base64");
  if (digest !== INTEGRITY)
    throw new Error(`${NAME} ${GATEWAY_VERSION} is not the package it was: ${digest}`);
  await run("npm", ["install", "--prefix", fresh, "--ignore-scripts", "--no-audit", "--no-fund", file]);
  await rm(home, { recursive: true, force: true });
  await rename(fresh, home);
  return program;
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
