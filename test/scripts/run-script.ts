import { type ChildProcessByStdio, execFile, spawn } from "node:child_process";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pathToFileURL } from "node:url";
import { REPOSITORY_ROOT } from "@flock/provision";

/** The module of a script, to be imported: of this checkout, or of a copy of its scripts. */
export function scriptUrl(name: string, root: string = REPOSITORY_ROOT): string {
  return pathToFileURL(join(root, "scripts", name)).href;
}

function node(code: string): string[] {
  return ["--input-type=module", "--eval", code];
}

/** Runs code as a script and resolves with what it printed as JSON. */
export function evaluate<T>(code: string, environment: NodeJS.ProcessEnv = process.env): Promise<T> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, node(code), { env: environment }, (error, stdout) => {
      if (error === null) resolve(JSON.parse(stdout) as T);
      else reject(error);
    });
  });
}

/** Starts code as a script, with pipes for its output. */
export function start(code: string): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, node(code), { stdio: ["ignore", "pipe", "pipe"] });
}
