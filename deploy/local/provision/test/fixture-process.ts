import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { identifyProcess } from "../src/process-identity.js";

/** Starts a fixture beside this file and resolves with it and the JSON it prints first. */
export async function startFixture<T>(
  name: string,
  args: string[] = [],
): Promise<{ child: ChildProcess; said: T }> {
  const file = join(import.meta.dirname, "fixtures", name);
  const child = spawn(process.execPath, [file, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return { child, said: JSON.parse(line) as T };
}

/** Resolves when no process has any of the ids; rejects after 10 s. */
export async function allGone(pids: readonly number[]): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const alive = (await Promise.all(pids.map(identifyProcess))).filter((identity) => identity !== undefined);
    if (alive.length === 0) return;
    if (Date.now() > deadline) throw new Error(`still alive: ${alive.map(({ pid }) => pid).join(", ")}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
